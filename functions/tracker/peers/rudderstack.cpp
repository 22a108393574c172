#include "functions/tracker/peers/peers.hpp"

namespace skerry::functions {
namespace {

bool is_pixel(std::string_view path) {
  return path.starts_with("/pixel/v1/");
}

bool has(std::string_view path) {
  return path.starts_with("/beacon/v1/") || is_pixel(path);
}

}  // namespace

constinit const Peer kRudderstack{
    .name = "rudderstack",
    .has = has,
    .limits = {.body = 4000 * kKiB, .event = kWidest.event, .events = kWidest.events},
    .is_pixel = is_pixel,
    .query = {.id = "messageId"},
    .answers = {.success = R"({"success":true)"}};

}  // namespace skerry::functions
