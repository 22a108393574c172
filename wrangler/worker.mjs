// The bundle as a Cloudflare Worker, also for a self-hosted workerd (workerd.capnp).

import { bundle } from '../build/native/wasm/bundle.mjs';
import { create_worker } from '../wasm-runtime/js/cloudflare.mjs';

export default create_worker(bundle);
