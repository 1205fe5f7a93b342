// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "models/base/log.h"
#include "models/base/stat.h"
#include "models/base/units.h"

namespace tessera {

/// "hart[3].pc" -> "hart[*].pc".
std::string without_indices(const std::string& path);

/// Collects all statistics of a run, in total and per region of interest, and writes stats.json.
/// A region is what lies between a begin and its end; the same id may begin again, then its numbers
/// add up, and nested begins of one id (several harts) count from the first to the last end.
/// Harts run ahead of each other by up to a quantum, so the cycles of a region that one hart begins
/// and another ends are right within a quantum, and never below 0.
class StatWriter {
 public:
  static constexpr int kSchemaVersion = 1;
  static constexpr std::size_t kMaxRegions = 256;

  /// The groups outlive the writer. Groups that come later below them (a timing mode that the run
  /// changes to) count from 0.
  StatWriter(std::vector<const StatGroup*> groups, std::function<Cycles()> now, Logger log);

  /// The regions' names in json(), by id.
  void set_region_names(const std::map<std::uint32_t, std::string>& names) {
    region_names_ = names;
  }
  void begin_region(std::uint32_t id);
  void end_region(std::uint32_t id);

  /// {"schema": "tessera-stats", "schema_version", "definitions": {path with [*]: {unit,
  /// description}}, "stats": {path: value}, "regions": [{id, name, times, cycles, stats}]}.
  /// A region without a name has none. Regions hold only what changed in them; a region still open
  /// ends now.
  std::string json();
  /// All statistics now, in the order in which they were found: those that come later are at the
  /// end.
  std::vector<std::uint64_t> values();
  /// Path of values()[index].
  const std::string& path(std::size_t index) const { return entries_[index].path; }
  /// "path, unit, description" lines, indices as [*]: for `tessera list stats`.
  std::string definitions_text() const;

 private:
  struct Entry {
    std::string path;
    const Stat* stat;
  };
  struct Region {
    unsigned depth = 0;  ///< begins without their end
    std::uint64_t times = 0;
    Cycles begin_cycle = 0;
    Cycles cycles = 0;
    std::vector<std::uint64_t> begin_values;
    std::vector<std::uint64_t> totals;
  };

  /// Warns of a region beyond kMaxRegions.
  void ignore_region() const;
  /// Takes in statistics that are new.
  void collect();
  void close(Region& region);
  /// One entry per path with its indices as [*].
  std::vector<Entry> definitions() const;

  const std::vector<const StatGroup*> groups_;
  std::vector<Entry> entries_;  ///< in the order in which they were found
  std::unordered_set<const Stat*> known_;
  std::function<Cycles()> now_;
  Logger log_;
  std::map<std::uint32_t, Region> regions_;
  std::map<std::uint32_t, std::string> region_names_;
};

}  // namespace tessera
