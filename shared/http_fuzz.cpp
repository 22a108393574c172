#include <cstdlib>

#include <fuzzer/FuzzedDataProvider.h>

#include "shared/conditional.hpp"
#include "shared/cors.hpp"
#include "shared/negotiation.hpp"

using namespace skerry;

/// The readers of request headers, on headers of any bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  Request request;
  request.method = in.PickValueInArray({"GET", "HEAD", "POST", "OPTIONS"});
  request.target = in.ConsumeRandomLengthString();
  while (in.remaining_bytes() > 0 && request.headers.size() < 20) {
    const std::string name = in.PickValueInArray(
        {"If-None-Match", "if-modified-since", "Accept-Encoding", "Access-Control-Request-Method"});
    request.headers.add(name, in.ConsumeRandomLengthString());
  }

  if (request.path().size() + request.query().size() > request.target.size()) std::abort();

  const Validators validators{.etag = "\"a\"", .last_modified = Time{}};
  const std::string list = request.headers.joined("If-None-Match");
  const bool match = not_modified(request, validators);
  if (request.headers.has("If-None-Match") && match &&
      !(list.contains(validators.etag) || list.contains('*'))) {
    std::abort();
  }
  if (etag_listed(list, "\"a\"") != etag_listed(list, "W/\"a\"")) std::abort();
  // A readable item in front is found, whatever comes behind it.
  if (!etag_listed(", \"a\"," + list, "\"a\"")) std::abort();

  const std::string accepted = request.headers.joined("Accept-Encoding");
  if (accepts_gzip(accepted) && !accepted.contains('*') && !to_lower(accepted).contains("gzip")) std::abort();
  // An open quoted string takes in all that follows.
  if (!accepted.contains('"') && accepts_gzip(accepted + ",gzip;q=0")) std::abort();

  for (const Headers::Field& field :
       options_response(request, {.methods = "GET", .exposed_headers = ""}).headers) {
    if (!is_token(field.name) || !is_field_value(field.value)) std::abort();
  }
  return 0;
}
