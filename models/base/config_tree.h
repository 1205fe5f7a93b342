// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/base/config_node.h"
#include "models/base/config_value.h"

namespace tessera {

/// A key that somebody reads, and what it came to.
struct ConfigParameter {
  std::string path;
  std::string type;  ///< "integer 1..64, power of two", "true|false", "text", "a|b"; "map": a group
  std::string default_value;
  std::string unit;  ///< empty: none
  std::string help;
  std::string value;  ///< as `default_value`; feeding it back gives the same
  ConfigOrigin origin;

  bool is_map() const { return type == "map"; }
  bool is_assumption() const { return help.rfind("assumption:", 0) == 0; }
};

/// The configuration of one run: files, then --set, later wins; maps merge, everything else is
/// replaced. A file may name others in a list `include:` at its top, which count as read before it;
/// their paths are relative to the file.
/// All problems, from syntax to cross-field rules, are collected and thrown by check().
class ConfigTree {
 public:
  static constexpr std::size_t kMaxReportedProblems = 20;

  void load_file(const std::string& path);
  /// `assignment` is "a.b.c=value", the value in YAML.
  void set(const std::string& assignment);

  ConfigNode root() { return {this, ""}; }
  /// Paths of the files read so far, included ones before the file that names them.
  const std::vector<std::string>& files() const { return files_; }

  /// Throws one ConfigError with every problem found so far, one per line, in the order of files
  /// and lines. Keys that nobody declared are problems: call it when all getters have run.
  void check() const;
  /// Everything declared, in the order of declaration.
  const std::vector<ConfigParameter>& parameters() const { return parameters_; }
  /// The resolved configuration as YAML; with `annotated`, each line has unit, origin and help.
  std::string dump(bool annotated) const;

 private:
  friend class ConfigNode;
  const ConfigValue* find(const std::string& path) const;
  const ConfigParameter* find_parameter(const std::string& path) const;
  std::vector<std::string> declared_children(const std::string& path) const;
  void report(const ConfigOrigin& origin, const std::string& text);
  void merge(ConfigValue& into, const ConfigValue& from);
  void load_includes(const ConfigValue& list, const std::string& path);
  void find_unknown(const ConfigValue& map, const std::string& path,
                    std::vector<ConfigProblem>& problems) const;
  void dump_group(const std::string& path, std::size_t depth, bool annotated,
                  std::string& out) const;

  ConfigValue values_;
  std::vector<ConfigParameter> parameters_;
  std::vector<ConfigProblem> problems_;
  std::vector<std::string> files_;
  std::vector<std::string> open_files_;  ///< being loaded, for include cycles
  int num_sources_ = 0;
};

}  // namespace tessera
