#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shared/error.hpp"

/// Metrics as text: OpenMetrics 1.0 (what Skerry writes, keeps and sends) and the older Prometheus format
/// 0.0.4, which some readers still ask for.
namespace skerry::metrics {

enum class Type { counter, gauge, histogram };

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`.
bool is_metric_name(std::string_view name);
/// `[a-zA-Z_][a-zA-Z0-9_]*`, not one of those beginning in `__`, which are the format's own.
bool is_label_name(std::string_view name);

/// Writes OpenMetrics text. A counter's family is named with its `_total`, as its samples are; a unit that
/// the name ends in (`seconds`, `bytes`) is told. Label values and help may be any bytes: what is not UTF-8
/// becomes U+FFFD.
class Exposition {
 public:
  /// `name="value",…` for `sample`.
  static void append_label(std::string& labels, std::string_view name, std::string_view value);

  /// Begins a family; its samples follow.
  void family(Type type, std::string_view name, std::string_view help);
  void sample(std::string_view name, std::string_view labels, std::uint64_t value);
  void sample(std::string_view name, std::string_view labels, double value);
  /// In seconds.
  void sample(std::string_view name, std::string_view labels, std::chrono::milliseconds value);
  /// A family of one sample.
  void single(Type type, std::string_view name, std::string_view help, auto value) {
    family(type, name, help);
    sample(name, {}, value);
  }

  /// The text, with its `# EOF`.
  [[nodiscard]] std::string finish() &&;

 private:
  void begin_sample(std::string_view name, std::string_view labels);
  std::string out_;
};

/// A number as both formats have it: the shortest text that reads back as the same; `+Inf`, `-Inf`, `NaN`.
std::string number_text(double value);

/// A bound of a histogram, for its label `le`: OpenMetrics' canonical form, `0.0001`, `1.0`, `1e+06`, `+Inf`.
/// The label is text, so that one number must always look the same.
std::string bound_text(double value);

/// True where `text` is lines of comments and samples that end in `# EOF`: whole, and nothing that would
/// break the reader of a text it is joined to. Families are not compared with each other.
bool is_exposition(std::string_view text);

/// The number of the first sample of this name that has no labels, as it stands there; nothing where there is
/// none.
std::optional<std::string_view> sample_text(std::string_view text, std::string_view name);

/// Two texts that have no family in common, as one.
std::string join_expositions(std::string_view first, std::string_view second);

/// The same in the format 0.0.4: counters' families named with `_total`, no units, no `# EOF`.
std::string to_prometheus(std::string_view openmetrics);

/// OpenMetrics where an `Accept` header (all of its fields, joined) names it and does not like text/plain
/// better, or takes it and no text/plain.
enum class Format { openmetrics, prometheus };
Format negotiate(std::string_view accept);
std::string_view content_type(Format format);

}  // namespace skerry::metrics
