// A proxy that loses every fourth answer: the request arrived, and the connection is cut before a byte comes back.
import http from 'node:http';

/** In front of `origin`; `lost` counts the answers that nobody got. */
export async function startLossyProxy(origin, each = 4) {
  const proxy = { lost: 0, requests: [] };
  let answered = 0;
  const server = http.createServer((request, response) => {
    const forwarded = http.request(origin + request.url, { method: request.method, headers: request.headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        proxy.requests.push(`${request.method} ${request.url} ${answer.statusCode}`);
        if (++answered % each === 0) {
          ++proxy.lost;
          return response.destroy();
        }
        response.writeHead(answer.statusCode, answer.rawHeaders);
        response.end(Buffer.concat(chunks));
      });
    });
    forwarded.on('error', () => response.destroy());
    request.on('error', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  proxy.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return proxy;
}
