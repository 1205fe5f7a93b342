// SPDX-License-Identifier: Apache-2.0
#include "models/base/config_node.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "models/base/config_tree.h"
#include "models/base/error.h"
#include "models/base/text.h"
#include "models/base/units.h"

namespace tessera {

namespace {

std::string format_number(std::uint64_t value, const std::string& unit) {
  if (unit == "address") {
    return fmt::format("0x{:08X}", value);
  }
  return unit == "bytes" ? format_bytes(value) : fmt::format("{}", value);
}

}  // namespace

std::string ConfigNode::path_of(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

const ConfigValue* ConfigNode::declare(ConfigParameter parameter) const {
  TESSERA_CHECK(tree_->find_parameter(parameter.path) == nullptr, "'{}' is read twice",
                parameter.path);
  const ConfigValue* value = tree_->find(parameter.path);
  parameter.value = parameter.default_value;
  if (value != nullptr) {
    parameter.origin = value->origin;
  }
  tree_->parameters_.push_back(std::move(parameter));
  if (value != nullptr && value->kind != ConfigValue::Kind::kScalar) {
    const ConfigParameter& declared = tree_->parameters_.back();
    tree_->report(value->origin, fmt::format("{}: expected {}, got {}", declared.path,
                                             declared.type, value->describe()));
    return nullptr;
  }
  return value;
}

void ConfigNode::reject(const std::string& key, const ConfigValue& value,
                        const std::string& expected, const std::string& hint) const {
  tree_->report(value.origin, fmt::format("{}: expected {}, got {}{}{}", path_of(key), expected,
                                          value.describe(), hint.empty() ? "" : "; ", hint));
}

std::uint64_t ConfigNode::get_integer(const std::string& key, std::uint64_t default_value,
                                      const Range& range, const std::string& unit,
                                      const std::string& help) const {
  if (tree_ == nullptr) {
    return default_value;
  }
  const std::string type = fmt::format("an integer {}..{}{}", format_number(range.min, unit),
                                       format_number(range.max, unit),
                                       range.is_power_of_two ? " and a power of two" : "");
  const ConfigValue* written =
      declare({path_of(key), type, format_number(default_value, unit), unit, help, "", {}});
  if (written == nullptr) {
    return default_value;
  }
  if (written->is_quoted) {
    reject(key, *written, type);
    return default_value;
  }
  const auto parsed = parse_unsigned(written->text);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    tree_->report(written->origin,
                  fmt::format("{}: expected {}; {}", path_of(key), type, *problem));
    return default_value;
  }
  const std::uint64_t value = std::get<std::uint64_t>(parsed);
  if (value < range.min || value > range.max ||
      (range.is_power_of_two && !is_power_of_two(value))) {
    reject(key, *written, type);
    return default_value;
  }
  tree_->parameters_.back().value = format_number(value, unit);
  return value;
}

std::uint64_t ConfigNode::get_unsigned(const std::string& key, std::uint64_t default_value,
                                       std::uint64_t min, std::uint64_t max,
                                       const std::string& unit, const std::string& help) const {
  return get_integer(key, default_value, {min, max, false}, unit, help);
}

std::uint64_t ConfigNode::get_power_of_two(const std::string& key, std::uint64_t default_value,
                                           std::uint64_t min, std::uint64_t max,
                                           const std::string& unit, const std::string& help) const {
  return get_integer(key, default_value, {min, max, true}, unit, help);
}

bool ConfigNode::get_bool(const std::string& key, bool default_value,
                          const std::string& help) const {
  return get_choice(key, default_value ? "true" : "false", {"false", "true"}, help) == 1;
}

std::string ConfigNode::get_string(const std::string& key, const std::string& default_value,
                                   const std::string& help) const {
  if (tree_ == nullptr) {
    return default_value;
  }
  const ConfigValue* written = declare({path_of(key), "text", default_value, "", help, "", {}});
  if (written == nullptr) {
    return default_value;
  }
  tree_->parameters_.back().value = written->text;
  return written->text;
}

std::size_t ConfigNode::get_choice(const std::string& key, const std::string& default_value,
                                   const std::vector<std::string>& allowed,
                                   const std::string& help) const {
  const auto index_of = [&](const std::string& word) {
    return static_cast<std::size_t>(std::find(allowed.begin(), allowed.end(), word) -
                                    allowed.begin());
  };
  const std::size_t default_index = index_of(default_value);
  TESSERA_CHECK(default_index < allowed.size(), "default '{}' of {} is not allowed", default_value,
                path_of(key));
  if (tree_ == nullptr) {
    return default_index;
  }
  const std::string type = join(allowed, "|");
  const ConfigValue* written = declare({path_of(key), type, default_value, "", help, "", {}});
  if (written == nullptr) {
    return default_index;
  }
  const std::size_t index = index_of(written->text);
  if (index == allowed.size()) {
    const std::string near = nearest_spelling(written->text, allowed);
    reject(key, *written, type, near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    return default_index;
  }
  tree_->parameters_.back().value = written->text;
  return index;
}

ConfigNode ConfigNode::child(const std::string& key, const std::string& help) const {
  if (tree_ == nullptr) {
    return {};
  }
  std::string path = path_of(key);
  TESSERA_CHECK(tree_->find_parameter(path) == nullptr, "'{}' is read twice", path);
  tree_->parameters_.push_back({path, "map", "", "", help, "", {}});
  const ConfigValue* written = tree_->find(path);
  if (written != nullptr && written->kind != ConfigValue::Kind::kMap &&
      written->kind != ConfigValue::Kind::kNull) {
    reject(key, *written, "a map of keys");
  }
  return {tree_, path};
}

void ConfigNode::report(const std::string& key, const std::string& text) const {
  TESSERA_CHECK(tree_ != nullptr, "{}: {}", key, text);
  const ConfigParameter* parameter = tree_->find_parameter(path_of(key));
  TESSERA_CHECK(parameter != nullptr, "report about '{}', which nobody read", path_of(key));
  tree_->report(parameter->origin, fmt::format("{}: {}", path_of(key), text));
}

std::string ConfigNode::cite(const std::string& key) const {
  std::string path = path_of(key);
  if (tree_ == nullptr) {
    return path;
  }
  const ConfigParameter* parameter = tree_->find_parameter(path);
  TESSERA_CHECK(parameter != nullptr, "'{}' is cited, but nobody read it", path);
  return fmt::format("{} = {} ({})", path, parameter->value, parameter->origin.text());
}

}  // namespace tessera
