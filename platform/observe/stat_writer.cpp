// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/stat_writer.h"

#include <cctype>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tessera {

namespace {

using Json = nlohmann::json;

}  // namespace

std::string without_indices(const std::string& path) {
  std::string out;
  bool in_index = false;
  for (const char letter : path) {
    if (!in_index) {
      out += letter;
    } else if (letter == ']') {
      out += "*]";
    }
    in_index = letter == '[' || (in_index && letter != ']');
  }
  return out;
}

StatWriter::StatWriter(std::vector<const StatGroup*> groups, std::function<Cycles()> now,
                       Logger log)
    : groups_(std::move(groups)), now_(std::move(now)), log_(std::move(log)) {
  collect();
}

void StatWriter::collect() {
  for (const StatGroup* group : groups_) {
    group->visit([&](const std::string& path, const Stat& stat) {
      if (known_.insert(&stat).second) {
        entries_.push_back({path, &stat});
      }
    });
  }
}

std::vector<std::uint64_t> StatWriter::values() {
  collect();
  std::vector<std::uint64_t> values;
  values.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    values.push_back(entry.stat->value());
  }
  return values;
}

void StatWriter::ignore_region() const {
  // Without the region's number: the log folds what it has said before.
  log_.warn(
      "there are {} regions of interest, all others are ignored; "
      "--log soc.platform_block=info says which",
      kMaxRegions);
}

void StatWriter::begin_region(std::uint32_t id, std::uint32_t hart) {
  if (regions_.count(id) == 0 && regions_.size() == kMaxRegions) {
    ignore_region();
    return;
  }
  Region& region = regions_[id];
  if (region.spans.depth() == 0) {
    region.begin_values = values();
  }
  region.spans.begin(hart, now_());
}

void StatWriter::end_region(std::uint32_t id, std::uint32_t hart) {
  const auto found = regions_.find(id);
  if (found == regions_.end() && regions_.size() == kMaxRegions) {
    ignore_region();
    return;
  }
  if (found == regions_.end() || !found->second.spans.end(hart, now_())) {
    log_.warn(
        "a region of interest ends but has not begun; --log soc.platform_block=info says "
        "which");
    return;
  }
  if (found->second.spans.depth() == 0) {
    add_growth(found->second);
  }
}

void StatWriter::passed(Cycles cycle) {
  for (auto& [id, region] : regions_) {
    region.spans.settle(cycle, region.add_span());
  }
}

void StatWriter::add_growth(Region& region) {
  const std::vector<std::uint64_t> end_values = values();
  region.totals.resize(end_values.size());
  region.begin_values.resize(end_values.size());
  for (std::size_t i = 0; i < end_values.size(); ++i) {
    region.totals[i] += end_values[i] - region.begin_values[i];
  }
}

std::vector<StatWriter::Entry> StatWriter::definitions() const {
  std::vector<Entry> definitions;
  std::set<std::string> known;
  for (const Entry& entry : entries_) {
    const std::string path = without_indices(entry.path);
    if (known.insert(path).second) {
      definitions.push_back({path, entry.stat});
    }
  }
  return definitions;
}

std::string StatWriter::definitions_text() const {
  std::string out;
  for (const Entry& definition : definitions()) {
    out += fmt::format("{:<52} {:<14} {}\n", definition.path, definition.stat->unit,
                       definition.stat->description);
  }
  return out;
}

std::string StatWriter::json() {
  collect();
  Json root{{"schema", "tessera-stats"}, {"schema_version", kSchemaVersion}};
  for (const Entry& definition : definitions()) {
    root["definitions"][definition.path] = {{"unit", definition.stat->unit},
                                            {"description", definition.stat->description}};
  }
  for (const Entry& entry : entries_) {
    root["stats"][entry.path] = entry.stat->value();
  }
  root["regions"] = Json::array();
  for (auto& [id, region] : regions_) {
    if (region.spans.depth() > 0) {
      add_growth(region);
    }
    region.spans.finish(now_(), region.add_span());
    Json changed = Json::object();
    for (std::size_t i = 0; i < region.totals.size(); ++i) {
      if (region.totals[i] != 0) {
        changed[entries_[i].path] = region.totals[i];
      }
    }
    root["regions"].push_back(
        {{"id", id}, {"times", region.times}, {"cycles", region.cycles}, {"stats", changed}});
    const auto name = region_names_.find(id);
    if (name != region_names_.end()) {
      root["regions"].back()["name"] = name->second;
    }
  }
  return root.dump(1) + "\n";
}

}  // namespace tessera
