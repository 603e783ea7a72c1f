// Amazon's client for S3 against a server on this machine: commands, streams, signatures, errors, retries.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

export const handler = async ({ endpoint }) => {
  const client = new S3Client({
    region: "eu-west-1",
    endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  });
  const seen = [];
  client.middlewareStack.add(
    (next) => async (args) => {
      const { method, path, headers } = args.request;
      const [, scope, signed] =
        /Credential=[^/]+\/\d+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization) ?? [];
      seen.push([
        method,
        path,
        scope,
        signed?.split(";").filter((name) => !name.startsWith("amz-")),
        headers["x-amz-content-sha256"],
      ]);
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "see" },
  );
  const Bucket = "bucket";
  const key = `files/${crypto.randomUUID()}`;
  const put = await client.send(
    new PutObjectCommand({ Bucket, Key: key, Body: "some text, ü", ContentType: "text/plain", Metadata: { own: "1" } }),
  );
  const got = await client.send(new GetObjectCommand({ Bucket, Key: key }));
  const text = await got.Body.transformToString();
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: key }));
  await client.send(new PutObjectCommand({ Bucket, Key: key + "2", Body: new Uint8Array(5000).fill(97) }));
  const part = await client.send(new GetObjectCommand({ Bucket, Key: key + "2" }));
  let size = 0;
  for await (const chunk of part.Body) size += chunk.length;
  const list = await client.send(new ListObjectsV2Command({ Bucket, Prefix: key, MaxKeys: 10 }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: key }));
  const failures = [];
  for (const command of [
    new GetObjectCommand({ Bucket, Key: key }),
    new GetObjectCommand({ Bucket: "denied", Key: "x" }),
  ]) {
    try {
      await client.send(command);
    } catch (error) {
      failures.push([error instanceof S3ServiceException, error.name, error.message, error.$metadata.httpStatusCode]);
    }
  }
  const plain = (text) => text.replaceAll(key, "KEY");
  const signer = await client.config.signer();
  const signed = await signer.sign(
    {
      method: "GET",
      protocol: "https:",
      hostname: "bucket.example",
      path: "/a b/ü",
      query: { x: "1", y: ["2", "3"] },
      headers: { host: "bucket.example" },
    },
    { signingDate: new Date(1700000000000), signingRegion: "eu-west-1", signingService: "s3" },
  );
  return {
    etag: put.ETag,
    got: [text, got.ContentType, got.Metadata, got.ContentLength],
    head: [head.ContentLength, head.LastModified instanceof Date],
    size,
    list: list.Contents.map((item) => [plain(item.Key), item.Size]),
    failures,
    seen: seen.map((entry) => entry.map((value) => (typeof value === "string" ? plain(value) : value))),
    signature: signed.headers.authorization,
  };
};
