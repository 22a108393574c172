// The same with the filters that its readers apply for themselves otherwise.
export default {
  async fetch(request, env) {
    const query = new URL(request.url).searchParams;
    const view = await env.KV.get('latest', { type: 'json' });
    const project = query.get('project');
    const type = query.get('data_type');
    const collectors = query.get('collector_id')?.split(',');
    view.latest = view.latest.filter(
      (row) =>
        (!project || row.project === project) &&
        (!type || row.data_type === type) &&
        (!collectors || collectors.includes(row.collector_id)),
    );
    return new Response(JSON.stringify(view), {
      headers: { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' },
    });
  },
};
