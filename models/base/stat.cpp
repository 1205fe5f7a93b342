// SPDX-License-Identifier: Apache-2.0
#include "models/base/stat.h"

#include "models/base/error.h"

namespace tessera {

StatGroup& StatGroup::add_group(const std::string& name) {
  groups_.push_back(std::make_unique<StatGroup>(name));
  return *groups_.back();
}

void StatGroup::add(const std::string& name, const std::string& unit,
                    const std::string& description, const std::uint64_t* counter) {
  add(name, unit, description, [counter] { return *counter; });
}

void StatGroup::add(const std::string& name, const std::string& unit,
                    const std::string& description, std::function<std::uint64_t()> value) {
  stats_.push_back({name, unit, description, std::move(value)});
}

std::uint64_t StatGroup::value(const std::string& path) const {
  const Stat* found = nullptr;
  visit([&](const std::string& stat_path, const Stat& stat) {
    if (stat_path == name_ + "." + path) {
      found = &stat;
    }
  });
  TESSERA_CHECK(found != nullptr, "no statistic '{}' below '{}'", path, name_);
  return found->value();
}

void StatGroup::visit(const std::function<void(const std::string&, const Stat&)>& visitor) const {
  visit(name_, visitor);
}

void StatGroup::visit(const std::string& prefix,
                      const std::function<void(const std::string&, const Stat&)>& visitor) const {
  for (const Stat& stat : stats_) {
    visitor(prefix + "." + stat.name, stat);
  }
  for (const auto& group : groups_) {
    group->visit(prefix + "." + group->name(), visitor);
  }
}

}  // namespace tessera
