import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { example, form, SHAPES, server } from './support.js';

describe('/healthz and /readyz', () => {
  it.each(['/healthz', '/readyz'])('%s answers', async (path) => {
    const { url } = await server();
    const response = await fetch(`${url}${path}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ success: true });
  });
});

describe('/metrics', () => {
  it('counts answers, times of stages and failures by reason, in the format of Prometheus', async () => {
    const { url } = await server({ deployments: [SHAPES] });
    const ask = (bytes: Uint8Array) =>
      fetch(`${url}/v1/api/1/classify/image`, { method: 'POST', body: form('image', bytes) });
    await ask(readFileSync(example('shapes.jpg')));
    await ask(Buffer.from('no picture'));
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const lines = (await response.text()).split('\n');
    const route = 'route="/v1/api/:projectId/classify/image",method="POST"';
    expect(lines).toContain(`impulse_http_requests_total{${route},status="200"} 1`);
    expect(lines).toContain(`impulse_http_requests_total{${route},status="400"} 1`);
    expect(lines).toContain('impulse_failures_total{reason="ERR_INPUT_IMAGE"} 1');
    expect(lines).toContain('impulse_classify_stage_duration_seconds_count{stage="inference"} 1');
    expect(lines).toContain('impulse_classify_running 0');
    expect(lines.some((line) => /^process_resident_memory_bytes \d+/.test(line))).toBe(true);
  });

  it('has no label that a client can choose: an unknown path is one series', async () => {
    const { url } = await server();
    for (const path of ['/a', '/b', '/c?d=e']) await fetch(`${url}${path}`);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('impulse_http_requests_total{route="unknown",method="GET",status="404"} 3');
  });
});
