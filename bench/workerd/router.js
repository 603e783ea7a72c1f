// One port for many workers: /f7 goes to the service binding f7. The body passes through unread.
export default {
  fetch(request, env) {
    const service = env[new URL(request.url).pathname.slice(1)];
    return service ? service.fetch(request) : new Response("no such function", { status: 404 });
  },
};
