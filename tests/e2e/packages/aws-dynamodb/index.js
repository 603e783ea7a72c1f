// Amazon's client for DynamoDB, as CommonJS, against a server on this machine.

const {
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  paginateQuery,
} = require("@aws-sdk/client-dynamodb");

exports.handler = async ({ endpoint }) => {
  const client = new DynamoDBClient({
    region: "us-east-1",
    endpoint: `${endpoint}/dynamo`,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 3,
    retryStrategy: undefined,
  });
  const id = crypto.randomUUID();
  const item = {
    id: { S: id },
    n: { N: "42" },
    list: { L: [{ S: "ü" }, { BOOL: true }, { NULL: true }] },
    raw: { B: new Uint8Array([1, 2, 255]) },
  };
  await client.send(new PutItemCommand({ TableName: "table", Item: item }));
  const got = await client.send(new GetItemCommand({ TableName: "table", Key: { id: { S: id } } }));
  const query = await client.send(
    new QueryCommand({
      TableName: "table",
      KeyConditionExpression: "id = :id",
      ExpressionAttributeValues: { ":id": { S: id } },
    }),
  );
  let pages = 0;
  for await (const page of paginateQuery({ client }, { TableName: "pages", KeyConditionExpression: "x" }))
    pages += page.Count;
  const failures = [];
  for (const table of ["missing", "throttled"]) {
    try {
      await client.send(new GetItemCommand({ TableName: table, Key: { id: { S: id } } }));
    } catch (error) {
      failures.push([error instanceof DynamoDBServiceException, error.name, error.message, error.$metadata.attempts]);
    }
  }
  delete got.Item.id;
  return {
    item: { ...got.Item, raw: [...got.Item.raw.B] },
    count: query.Count,
    attempts: got.$metadata.attempts,
    pages,
    failures,
  };
};
