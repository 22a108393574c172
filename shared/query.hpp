#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

/// Decodes `%XX` and, in a query, `+` as a space. A `%` that no two hex digits follow stands for itself
/// (WHATWG URL, application/x-www-form-urlencoded). The result is bytes: it need not be UTF-8.
std::string percent_decode(std::string_view text, bool plus_is_space);

/// The last value of one parameter, as `Query::parse(text).last(name)`, without keeping the others: for texts
/// that may have millions of them.
std::optional<std::string> last_parameter(std::string_view text, std::string_view name);

/// The parameters of a query string, decoded, in the order in which they came.
class Query {
 public:
  struct Parameter {
    std::string name;
    std::string value;
    friend bool operator==(const Parameter&, const Parameter&) = default;
  };

  /// `a=1&b&=x`: a parameter without `=` has an empty value, empty pieces between `&` are skipped. Takes any
  /// bytes; linear in their number.
  static Query parse(std::string_view text);

  /// The last value of `name`; of repetitions the last one wins, as in the broker API.
  [[nodiscard]] std::optional<std::string_view> last(std::string_view name) const;

  [[nodiscard]] auto begin() const { return parameters_.begin(); }
  [[nodiscard]] auto end() const { return parameters_.end(); }
  [[nodiscard]] std::size_t size() const { return parameters_.size(); }

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace skerry
