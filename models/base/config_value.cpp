// SPDX-License-Identifier: Apache-2.0
#include "models/base/config_value.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace tessera {

namespace {

/// Builds a ConfigValue from yaml-cpp's events rather than from its nodes: the nodes hide duplicate
/// keys, and expand aliases without limit.
class Builder : public YAML::EventHandler {
 public:
  Builder(ConfigOrigin source, std::vector<ConfigProblem>& problems)
      : source_(std::move(source)), problems_(problems) {}

  const ConfigValue& result() const { return result_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add_leaf(mark, {}); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problem(mark, "aliases (*name) are not supported; use include: to share values");
    add_leaf(mark, {});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    ConfigValue value;
    value.kind = ConfigValue::Kind::kScalar;
    value.text = text;
    value.is_quoted = tag == "!";  // yaml-cpp's mark of a quoted scalar
    add_leaf(mark, std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, ConfigValue::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, ConfigValue::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    ConfigValue value;
    bool has_key = false;  ///< a map that waits for the value of `key`
    std::string key;
    ConfigOrigin key_origin;
  };

  ConfigOrigin place(const YAML::Mark& mark) const {
    ConfigOrigin origin = source_;
    if (origin.line > 0) {
      origin.line = mark.line + 1;
      origin.column = mark.column + 1;
    }
    return origin;
  }
  void problem(const YAML::Mark& mark, const std::string& text) {
    problems_.push_back({place(mark), text});
  }
  bool expects_key() const {
    return !stack_.empty() && stack_.back().value.kind == ConfigValue::Kind::kMap &&
           !stack_.back().has_key;
  }
  void take_key(const YAML::Mark& mark, const ConfigValue& key) {
    Open& map = stack_.back();
    map.has_key = true;
    map.key = key.text;
    map.key_origin = place(mark);
    if (key.kind != ConfigValue::Kind::kScalar) {
      problem(mark, "a key must be a word");
    } else if (key.text.find('.') != std::string::npos) {
      problem(mark, fmt::format("'{}': a key in a file is one word; nest maps instead of dots",
                                key.text));
    } else if (key.text == "<<") {
      problem(mark, "'<<' is not supported; use include: to share values");
    } else if (const ConfigValue* first = map.value.find(key.text)) {
      problem(mark, fmt::format("{}: duplicate key; first given at line {}", path_of_key(),
                                first->key_origin.line));
    }
  }
  std::string path_of_key() const {
    std::string path;
    for (const Open& level : stack_) {
      path += (path.empty() ? "" : ".") + level.key;
    }
    return path;
  }
  void add_leaf(const YAML::Mark& mark, ConfigValue value) {
    if (expects_key()) {
      take_key(mark, value);
      return;
    }
    const bool is_absent = value.kind == ConfigValue::Kind::kNull && !stack_.empty();
    value.origin = is_absent ? stack_.back().key_origin : place(mark);
    add(std::move(value));
  }
  void open(const YAML::Mark& mark, ConfigValue::Kind kind) {
    if (expects_key()) {
      take_key(mark, {});
    }
    Open level;
    level.value.kind = kind;
    level.value.origin = place(mark);
    stack_.push_back(std::move(level));
  }
  void close() {
    ConfigValue value = std::move(stack_.back().value);
    stack_.pop_back();
    add(std::move(value));
  }
  void add(ConfigValue value) {
    if (stack_.empty()) {
      result_ = std::move(value);
      return;
    }
    Open& parent = stack_.back();
    if (parent.value.kind == ConfigValue::Kind::kList) {
      parent.value.items.push_back(std::move(value));
      return;
    }
    value.key_origin = parent.key_origin;
    parent.has_key = false;
    if (parent.value.find(parent.key) == nullptr) {
      parent.value.members.emplace_back(parent.key, std::move(value));
    }
  }

  ConfigOrigin source_;
  std::vector<ConfigProblem>& problems_;
  std::vector<Open> stack_;
  ConfigValue result_;
};

}  // namespace

std::string ConfigOrigin::text() const {
  if (is_default()) {
    return "default";
  }
  return line > 0 ? fmt::format("{}:{}:{}", source, line, column) : source;
}

const ConfigValue* ConfigValue::find(const std::string& key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const auto& member) { return member.first == key; });
  return found == members.end() ? nullptr : &found->second;
}

ConfigValue* ConfigValue::find(const std::string& key) {
  return const_cast<ConfigValue*>(std::as_const(*this).find(key));
}

std::string ConfigValue::describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      break;
  }
  return fmt::format(is_quoted ? "\"{}\" in quotes" : "'{}'", text);
}

ConfigValue parse_yaml(const std::string& text, const ConfigOrigin& source,
                       std::vector<ConfigProblem>& problems) {
  Builder builder(source, problems);
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    Builder rest(source, problems);
    if (parser.HandleNextDocument(rest)) {
      ConfigOrigin second = rest.result().origin;
      problems.push_back({second, "a second YAML document; only one per file is allowed"});
    }
  } catch (const YAML::Exception& error) {
    ConfigOrigin origin = source;
    if (origin.line > 0 && !error.mark.is_null()) {
      origin.line = error.mark.line + 1;
      origin.column = error.mark.column + 1;
    }
    problems.push_back({origin, "not valid YAML: " + error.msg});
  }
  return builder.result();
}

}  // namespace tessera
