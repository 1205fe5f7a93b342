// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

namespace detail {
struct ConfigTree;
}

/// A place in the resolved configuration (defaults < files < --set), with strict, typed getters.
/// Every getter declares its key, default, unit and help; what nobody declared is an unknown key,
/// reported by ConfigTree::check(). Getters never throw on a bad value: they record the error (with
/// file:line:col, what is allowed, the nearest spelling) and return the default, so that all errors
/// of a configuration are reported in one go.
/// A null node (default-constructed) yields every default: tests build configs without a file.
class ConfigNode {
 public:
  ConfigNode() = default;

  /// Integer in [min, max]; accepts decimal, 0x, '_' and the suffixes KiB, MiB, GiB.
  std::uint64_t get_unsigned(const std::string& key, std::uint64_t default_value,
                             std::uint64_t min, std::uint64_t max, const std::string& unit,
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
  /// Child map; a null node when absent.
  ConfigNode child(const std::string& key, const std::string& help) const;
  /// Records an error about `key` (cross-field rules); text ends up as "file:line:col: path: text".
  void report(const std::string& key, const std::string& text) const;
  /// Hierarchical path, e.g. "soc.cluster".
  std::string path() const;

 private:
  friend struct detail::ConfigTree;
  friend class ConfigTree;
  detail::ConfigTree* tree_ = nullptr;
  std::string path_;
};

}  // namespace tessera
