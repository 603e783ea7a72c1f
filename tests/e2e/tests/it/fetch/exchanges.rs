//! What is sent and what comes back: methods, bodies, header fields, redirects, and Node's own client.

use serde_json::json;

use super::{Case, check};

#[test]
fn requests_arrive_as_they_were_meant() {
    check(&[
        Case {
            what: "methods",
            body: "const all = [];
                   for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'REPORT']) {
                     const response = await fetch(`${origin}/echo?a=b&c=%20#fragment`, { method });
                     const { method: sent, url } = await response.json();
                     all.push(`${sent} ${url}`);
                   }
                   const head = await fetch(`${origin}/echo`, { method: 'HEAD' });
                   return [all, head.status, head.headers.get('x-echo'), await head.text()];",
            reply: json!([
                [
                    "GET /echo?a=b&c=%20", "POST /echo?a=b&c=%20", "PUT /echo?a=b&c=%20", "PATCH /echo?a=b&c=%20",
                    "DELETE /echo?a=b&c=%20", "OPTIONS /echo?a=b&c=%20", "GET /echo?a=b&c=%20",
                    "REPORT /echo?a=b&c=%20"
                ],
                200,
                "yes",
                ""
            ]),
        },
        Case {
            what: "bodies and the types that they are sent with",
            body: "const stream = new ReadableStream({
                     start(controller) {
                       controller.enqueue(new TextEncoder().encode('in '));
                       controller.enqueue(new TextEncoder().encode('pieces'));
                       controller.close();
                     },
                   });
                   const bodies = [
                     'text, ü', JSON.stringify({ a: 1 }), new Uint8Array([104, 105]), new URLSearchParams({ a: 'b c' }),
                     new Blob(['blob'], { type: 'text/css' }), stream,
                   ];
                   const all = [];
                   for (const body of bodies) {
                     const response = await fetch(`${origin}/echo`, { method: 'POST', body, duplex: 'half' });
                     const { body: sent, headers } = await response.json();
                     all.push([sent, headers['content-type'] ?? null, headers['content-length'] ?? null]);
                   }
                   return all;",
            reply: json!([
                ["text, ü", "text/plain;charset=UTF-8", "8"],
                ["{\"a\":1}", "text/plain;charset=UTF-8", "7"],
                ["hi", null, "2"],
                ["a=b+c", "application/x-www-form-urlencoded;charset=UTF-8", "5"],
                ["blob", "text/css", "4"],
                ["in pieces", null, "9"],
            ]),
        },
        Case {
            what: "a form with a file",
            body: "const form = new FormData();
                   form.append('a', 'b');
                   form.append('file', new File(['content'], 'name.txt', { type: 'text/plain' }));
                   const response = await fetch(`${origin}/echo`, { method: 'POST', body: form });
                   const { body, headers } = await response.json();
                   const type = headers['content-type'];
                   const again = await new Response(body, { headers: { 'content-type': type } }).formData();
                   return [type.split(';')[0], again.get('a'), again.get('file').name, await again.get('file').text()];",
            reply: json!(["multipart/form-data", "b", "name.txt", "content"]),
        },
        Case {
            what: "header fields, given and added",
            body: "const headers = new Headers({ 'X-One': '1', authorization: 'Bearer t' });
                   headers.append('x-one', '2');
                   const response = await fetch(new Request(`${origin}/echo`, { headers }));
                   const sent = (await response.json()).headers;
                   return [sent['x-one'], sent.authorization, sent.accept, sent.host === new URL(origin).host,
                     'user-agent' in sent, 'cookie' in sent];",
            reply: json!(["1, 2", "Bearer t", "*/*", true, true, false]),
        },
    ]);
}

#[test]
fn responses_come_as_the_server_sent_them() {
    check(&[
        Case {
            what: "statuses and bodies",
            body: "const all = [];
                   for (const status of [200, 404, 500]) {
                     const response = await fetch(`${origin}/status/${status}`);
                     all.push([response.status, response.ok, await response.text(), response.bodyUsed]);
                   }
                   const bytes = await (await fetch(`${origin}/bytes/1000`)).arrayBuffer();
                   return [all, bytes.byteLength, new Uint8Array(bytes)[500]];",
            reply: json!([
                [
                    [200, true, "the body", true],
                    [404, false, "the body", true],
                    [500, false, "the body", true]
                ],
                1000,
                249
            ]),
        },
        Case {
            what: "cookies stay apart",
            body: "const { headers } = await fetch(`${origin}/cookies`); return [headers.getSetCookie(), headers.get('set-cookie')];",
            reply: json!([["a=1", "b=2"], "a=1, b=2"]),
        },
        Case {
            what: "a clone reads the same",
            body: "const response = await fetch(`${origin}/bytes/200000`); const clone = response.clone();
                   const [one, two] = await Promise.all([response.bytes(), clone.bytes()]);
                   return [one.length, two.length, one.every((byte, i) => byte === i % 251 && two[i] === byte)];",
            reply: json!([200_000, 200_000, true]),
        },
        Case {
            what: "many at once, in any order",
            body: "const all = await Promise.all(Array.from({ length: 60 }, async (_, i) => {
                     const response = await fetch(`${origin}/echo?n=${i}`, { method: 'POST', body: String(i) });
                     return Number((await response.json()).body);
                   }));
                   return all.every((n, i) => n === i);",
            reply: json!(true),
        },
    ]);
}

#[test]
fn redirects_are_followed_as_the_standard_says() {
    check(&[
        Case {
            what: "method and body, by status",
            body: "const all = [];
                   for (const status of [301, 302, 303, 307, 308]) {
                     const url = `${origin}/redirect/${status}?to=/echo?from=${status}`;
                     const response = await fetch(url, { method: 'POST', body: 'sent' });
                     const { method, body } = await response.json();
                     all.push([method, body, response.redirected, response.url.slice(origin.length)]);
                   }
                   return all;",
            reply: json!([
                ["GET", "", true, "/echo?from=301"],
                ["GET", "", true, "/echo?from=302"],
                ["GET", "", true, "/echo?from=303"],
                ["POST", "sent", true, "/echo?from=307"],
                ["POST", "sent", true, "/echo?from=308"]
            ]),
        },
        Case {
            what: "not followed, refused, and without end",
            body: "const url = `${origin}/redirect/302?to=/echo`;
                   const manual = await fetch(url, { redirect: 'manual' });
                   const endless = fetch(`${origin}/redirect/302?to=/redirect/302`);
                   return [manual.status, manual.headers.get('location'), await failure(fetch(url, { redirect: 'error' })),
                     await failure(endless)];",
            reply: json!([302, "/echo", ["TypeError", "ELOOP"], ["TypeError", "ELOOP"]]),
        },
    ]);
}

#[test]
fn nodes_client_exchanges_over_the_same_door() {
    check(&[
        Case {
            what: "http.get",
            body: "return await new Promise((resolve, reject) => {
                     http.get(`${origin}/echo?a`, { headers: { 'X-One': ['1', '2'] } }, (response) => {
                       let text = '';
                       response.setEncoding('utf8');
                       response.on('data', (piece) => { text += piece; });
                       response.on('end', () => {
                         const { method, url, headers } = JSON.parse(text);
                         resolve([response.statusCode, response.headers['x-echo'], method, url, headers['x-one'], response.complete]);
                       });
                     }).on('error', reject);
                   });",
            reply: json!([200, "yes", "GET", "/echo?a", "2", true]),
        },
        Case {
            what: "http.request with a body in pieces",
            body: "const { hostname, port } = new URL(origin);
                   return await new Promise((resolve, reject) => {
                     const request = http.request({ hostname, port, path: '/echo', method: 'PUT' }, async (response) => {
                       const pieces = [];
                       for await (const piece of response) pieces.push(piece);
                       const { method, body } = JSON.parse(Buffer.concat(pieces));
                       resolve([method, body, response.statusMessage]);
                     });
                     request.on('error', reject);
                     request.write('one ');
                     setTimeout(() => request.end('two'), 5);
                   });",
            reply: json!(["PUT", "one two", "OK"]),
        },
        Case {
            what: "a redirect is the caller's business, and an error an event",
            body: "const get = (url) => new Promise((resolve) => {
                     const request = http.get(url, (response) => { response.resume(); resolve(response.statusCode); });
                     request.on('error', (error) => resolve(error.code));
                   });
                   return [await get(`${origin}/redirect/302?to=/echo`), await get('http://127.0.0.1:1/')];",
            reply: json!([302, "EACCES"]),
        },
        Case {
            what: "a request that is destroyed",
            body: "return await new Promise((resolve) => {
                     const request = http.get(`${origin}/hang`);
                     request.on('error', (error) => resolve([error.code, request.destroyed]));
                     setTimeout(() => request.destroy(), 20);
                   });",
            reply: json!(["ECONNRESET", true]),
        },
    ]);
}
