// The KV namespace of both sides, in the same process: workerd's protocol with one key.
import view from 'view.json';

export default {
  fetch(request) {
    const found = new URL(request.url).pathname === '/latest';
    return found ? new Response(view) : new Response(null, { status: 404 });
  },
};
