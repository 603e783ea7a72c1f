// The hello function as a service worker: JSON in, JSON out, nothing else.
addEventListener("fetch", (event) => { event.respondWith(answer(event.request)); });
async function answer(request) {
  const event = await request.json();
  return Response.json({ message: "Hello, " + event.name + "!" });
}
