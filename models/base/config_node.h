// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tessera {

class ConfigTree;
struct ConfigParameter;
struct ConfigValue;

/// A place in the resolved configuration (defaults < files < --set), with strict, typed getters.
/// Every getter declares its key, default, unit and help; what nobody declared is an unknown key,
/// reported by ConfigTree::check(). Getters never throw on a bad value: they record the error (with
/// file:line:col, what is allowed, the nearest spelling) and return the default, so that all errors
/// of a configuration are reported in one go. Each key is read once, and read in any case: a key
/// that is read only under a condition would be unknown otherwise.
/// A help text that starts with "assumption:" marks a value without a public source.
/// A null node (default-constructed) yields every default: tests build configs without a file.
class ConfigNode {
 public:
  ConfigNode() = default;

  /// Integer in [min, max]; accepts decimal, 0x, '_' and the suffixes KiB, MiB, GiB.
  /// The units "address" and "bytes" choose how the value is printed.
  std::uint64_t get_unsigned(const std::string& key, std::uint64_t default_value, std::uint64_t min,
                             std::uint64_t max, const std::string& unit,
                             const std::string& help) const;
  /// As get_unsigned, and a power of two.
  std::uint64_t get_power_of_two(const std::string& key, std::uint64_t default_value,
                                 std::uint64_t min, std::uint64_t max, const std::string& unit,
                                 const std::string& help) const;
  bool get_bool(const std::string& key, bool default_value, const std::string& help) const;
  std::string get_string(const std::string& key, const std::string& default_value,
                         const std::string& help) const;
  /// One of `allowed`; returns its index.
  std::size_t get_choice(const std::string& key, const std::string& default_value,
                         const std::vector<std::string>& allowed, const std::string& help) const;
  /// Child map; its getters give defaults when it is absent.
  ConfigNode child(const std::string& key, const std::string& help) const;
  /// Records an error about `key` (cross-field rules); text ends up as "file:line:col: path: text".
  void report(const std::string& key, const std::string& text) const;
  /// "soc.cluster.num_groups = 4 (machine.yaml:4:17)": to name the other key of a cross-field rule.
  std::string cite(const std::string& key) const;
  /// Hierarchical path, e.g. "soc.cluster".
  const std::string& path() const { return path_; }

 private:
  friend class ConfigTree;
  ConfigNode(ConfigTree* tree, std::string path) : tree_(tree), path_(std::move(path)) {}
  struct Range {
    std::uint64_t min;
    std::uint64_t max;
    bool is_power_of_two;
  };
  std::uint64_t get_integer(const std::string& key, std::uint64_t default_value, const Range& range,
                            const std::string& unit, const std::string& help) const;
  std::string path_of(const std::string& key) const;
  /// The value written for `parameter`, declared by this call; null: none, or no scalar (reported).
  const ConfigValue* declare(ConfigParameter parameter) const;
  /// Records "expected <expected>, got <what was written>; <hint>".
  void reject(const std::string& key, const ConfigValue& value, const std::string& expected,
              const std::string& hint = "") const;

  ConfigTree* tree_ = nullptr;
  std::string path_;
};

}  // namespace tessera
