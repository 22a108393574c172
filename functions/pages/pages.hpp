#pragma once

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

namespace skerry::functions {

/// What browsers show: the files that functions/pages/<page> builds, carried in the module.
///
/// | route              | file                                                        |
/// |--------------------|-------------------------------------------------------------|
/// | `/`                | start.hpp, for whoever asks for HTML; others get the view (`latest`) |
/// | `/`                | the start page (start.hpp), for whoever asks for HTML       |
/// | `/status`, `/demo` | `status.html`, `demo.html`                                  |
/// | `/status/<name>` … | `status/<name>`, where bundle.json has the route            |
/// | `/status/` …       | 301 to `/status`, with its query                            |
/// | `/t.js`            | `t.js`, the script of the tracker, for pages of any origin  |
///
/// Methods: GET, HEAD. Every file carries the headers of headers.txt (Cloudflare's static assets get the same
/// ones from there) and an ETag. Files are stored compressed, and inflated for clients that don't take gzip.
///
/// Settings: `gzip` (`on`; `off` where the platform compresses).
/// Errors: 404 `not_found`; 405 `method_not_allowed`.
Task<Response> pages(const Request& request, Platform& platform);

}  // namespace skerry::functions
