// SPDX-License-Identifier: Apache-2.0
#include "models/base/config_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "models/base/text.h"

namespace tessera {

namespace {

namespace fs = std::filesystem;

constexpr const char* kInclude = "include";
/// Where dump() puts the comment of a line.
constexpr int kCommentColumn = 40;

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> elements;
  std::istringstream stream(path);
  for (std::string element; std::getline(stream, element, '.');) {
    elements.push_back(element);
  }
  return elements;
}

std::string parent_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

/// `text` so that YAML reads back the same text.
std::string to_yaml(const std::string& text) {
  const auto is_plain = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
           letter == '/' || letter == '-' || letter == '.';
  };
  if (!text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), is_plain)) {
    return text;
  }
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      quoted += '\\';
    }
    quoted += letter;
  }
  return quoted + "\"";
}

}  // namespace

void ConfigTree::report(const ConfigOrigin& origin, const std::string& text) {
  problems_.push_back({origin, text});
}

void ConfigTree::load_file(const std::string& path) {
  ConfigOrigin origin{path, num_sources_++, 1, 1};
  std::ifstream stream(path);
  const std::string reason = stream ? "" : host_reason();
  std::ostringstream text;
  // An empty file is an empty configuration, but << fails when there is nothing to copy.
  const bool is_read =
      fs::is_regular_file(path) && stream && (fs::is_empty(path) || text << stream.rdbuf());
  if (!is_read) {
    std::error_code none;
    ConfigOrigin whole_file = origin;
    whole_file.line = 0;
    report(whole_file, fs::exists(path, none) ? "cannot read this file" + reason : "no such file");
    return;
  }
  open_files_.push_back(fs::weakly_canonical(path));
  ConfigValue file = parse_yaml(text.str(), origin, problems_);
  if (file.kind == ConfigValue::Kind::kMap) {
    if (const ConfigValue* includes = file.find(kInclude)) {
      load_includes(*includes, path);
    }
    file.members.erase(std::remove_if(file.members.begin(), file.members.end(),
                                      [](const auto& member) { return member.first == kInclude; }),
                       file.members.end());
    merge(values_, file);
  } else if (file.kind != ConfigValue::Kind::kNull) {
    report(file.origin, fmt::format("expected a map of keys, got {}", file.describe()));
  }
  open_files_.pop_back();
  files_.push_back(path);
}

void ConfigTree::load_includes(const ConfigValue& list, const std::string& path) {
  for (const ConfigValue& item : list.items) {
    const fs::path included = fs::path(path).parent_path() / item.text;
    if (item.kind != ConfigValue::Kind::kScalar) {
      report(item.origin, fmt::format("include: expected a file name, got {}", item.describe()));
    } else if (std::find(open_files_.begin(), open_files_.end(), fs::weakly_canonical(included)) !=
               open_files_.end()) {
      report(item.origin, fmt::format("include: '{}' includes itself", item.text));
    } else if (!fs::exists(included)) {
      report(item.origin, fmt::format("include: no such file '{}'", included.string()));
    } else {
      load_file(included);
    }
  }
  if (list.kind != ConfigValue::Kind::kList) {
    report(list.origin,
           fmt::format("include: expected a list of file names, got {}", list.describe()));
  }
}

void ConfigTree::set(const std::string& assignment) {
  const ConfigOrigin origin{"--set " + assignment, num_sources_++, 0, 0};
  const std::size_t equals = assignment.find('=');
  const std::string path = assignment.substr(0, equals);
  const std::vector<std::string> elements = split(path);
  const bool has_empty_element = std::any_of(elements.begin(), elements.end(),
                                             [](const auto& element) { return element.empty(); });
  if (equals == std::string::npos || elements.empty() || has_empty_element || path.back() == '.') {
    report(origin, "expected a.b.c=value");
    return;
  }
  ConfigValue value = parse_yaml(assignment.substr(equals + 1), origin, problems_);
  value.key_origin = origin;
  value.origin = origin;
  for (auto element = elements.rbegin(); element != elements.rend(); ++element) {
    ConfigValue map;
    map.kind = ConfigValue::Kind::kMap;
    map.key_origin = origin;
    map.origin = origin;
    map.members.emplace_back(*element, std::move(value));
    value = std::move(map);
  }
  merge(values_, value);
}

void ConfigTree::merge(ConfigValue& into, const ConfigValue& from) {
  if (into.kind != ConfigValue::Kind::kMap || from.kind != ConfigValue::Kind::kMap) {
    into = from;
    return;
  }
  into.key_origin = from.key_origin;
  into.origin = from.origin;
  for (const auto& [key, value] : from.members) {
    if (ConfigValue* existing = into.find(key)) {
      merge(*existing, value);
    } else {
      into.members.emplace_back(key, value);
    }
  }
}

const ConfigValue* ConfigTree::find(const std::string& path) const {
  const ConfigValue* value = &values_;
  for (const std::string& element : split(path)) {
    value = value->find(element);
    if (value == nullptr) {
      return nullptr;
    }
  }
  return value;
}

const ConfigParameter* ConfigTree::find_parameter(const std::string& path) const {
  const auto found =
      std::find_if(parameters_.begin(), parameters_.end(),
                   [&](const ConfigParameter& parameter) { return parameter.path == path; });
  return found == parameters_.end() ? nullptr : &*found;
}

std::vector<std::string> ConfigTree::declared_children(const std::string& path) const {
  std::vector<std::string> names;
  for (const ConfigParameter& parameter : parameters_) {
    if (parent_of(parameter.path) == path) {
      names.push_back(name_of(parameter.path));
    }
  }
  return names;
}

void ConfigTree::find_unknown(const ConfigValue& map, const std::string& path,
                              std::vector<ConfigProblem>& problems) const {
  for (const auto& [key, value] : map.members) {
    const std::string key_path = fmt::format("{}{}{}", path, path.empty() ? "" : ".", key);
    const ConfigParameter* parameter = find_parameter(key_path);
    if (parameter == nullptr) {
      const std::vector<std::string> allowed = declared_children(path);
      const std::string near = nearest_spelling(key, allowed);
      problems.push_back({value.key_origin,
                          fmt::format("{}: unknown key; {}allowed: {}", key_path,
                                      near.empty() ? "" : fmt::format("did you mean '{}'? ", near),
                                      join(allowed))});
    } else if (parameter->is_map()) {
      find_unknown(value, key_path, problems);
    }
  }
}

void ConfigTree::check() const {
  std::vector<ConfigProblem> problems = problems_;
  find_unknown(values_, "", problems);
  if (problems.empty()) {
    return;
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const auto& a, const auto& b) { return a.origin < b.origin; });
  std::vector<std::string> lines;
  for (const ConfigProblem& problem : problems) {
    if (lines.size() == kMaxReportedProblems) {
      lines.push_back(fmt::format("and {} more problems", problems.size() - lines.size()));
      break;
    }
    lines.push_back(problem.origin.text() + ": " + problem.text);
  }
  throw ConfigError("", join(lines, "\n"));
}

std::string ConfigTree::dump(bool annotated) const {
  std::string out;
  dump_group("", 0, annotated, out);
  return out;
}

void ConfigTree::dump_group(const std::string& path, std::size_t depth, bool annotated,
                            std::string& out) const {
  for (const ConfigParameter& parameter : parameters_) {
    if (parent_of(parameter.path) != path) {
      continue;
    }
    std::string line = std::string(2 * depth, ' ') + name_of(parameter.path) + ":";
    std::string comment = parameter.help;
    if (!parameter.is_map()) {
      line += " " + to_yaml(parameter.value);
      comment = fmt::format("{}{}: {}", parameter.unit.empty() ? "" : parameter.unit + ", ",
                            parameter.origin.text(), parameter.help);
    }
    out +=
        annotated ? fmt::format("{:<{}}# {}\n", line + " ", kCommentColumn, comment) : line + "\n";
    if (parameter.is_map()) {
      dump_group(parameter.path, depth + 1, annotated, out);
    }
  }
}

}  // namespace tessera
