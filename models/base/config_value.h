// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tessera {

/// Where a value was written. Sources are numbered in the order they are read, so errors sort.
struct ConfigOrigin {
  std::string source;  ///< file name, or "--set a.b=c"; empty: a default
  int order = -1;      ///< number of the source; -1: a default
  int line = 0;        ///< from 1; 0: the source has no lines
  int column = 0;

  bool is_default() const { return order < 0; }
  /// "machine.yaml:3:5", "--set a.b=c" or "default".
  std::string text() const;
  bool operator<(const ConfigOrigin& other) const {
    return std::tie(order, line, column) < std::tie(other.order, other.line, other.column);
  }
};

/// A configuration as written, before anybody says what its keys mean.
struct ConfigValue {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  std::string text;                                          ///< kScalar
  bool is_quoted = false;                                    ///< kScalar: then it is never a number
  std::vector<ConfigValue> items;                            ///< kList
  std::vector<std::pair<std::string, ConfigValue>> members;  ///< kMap, in the order written
  ConfigOrigin key_origin;
  ConfigOrigin origin;

  /// The member `key` of a map; null when there is none.
  const ConfigValue* find(const std::string& key) const;
  ConfigValue* find(const std::string& key);
  /// "'48'", "a list", "a map", "nothing": for messages.
  std::string describe() const;
};

struct ConfigProblem {
  ConfigOrigin origin;
  std::string text;  ///< "soc.name: what is wrong; what is allowed"
};

/// Parses one YAML document. Problems (syntax, duplicate keys, aliases) are appended; what could be
/// read is returned.
ConfigValue parse_yaml(const std::string& text, const ConfigOrigin& source,
                       std::vector<ConfigProblem>& problems);

}  // namespace tessera
