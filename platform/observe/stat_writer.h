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
#include "platform/observe/region_spans.h"

namespace tessera {

/// "hart[3].pc" -> "hart[*].pc".
std::string without_indices(const std::string& path);

/// Collects all statistics of a run, in total and per region of interest, and writes stats.json.
/// Times and cycles of a region are those of its RegionSpans, whichever order harts are simulated
/// in. Its statistics are what was counted while more begins than ends were simulated: nothing
/// twice, and of a hart that marks the region at least all between its own begin and end.
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
  /// `hart` does it, now.
  void begin_region(std::uint32_t id, std::uint32_t hart);
  void end_region(std::uint32_t id, std::uint32_t hart);
  /// No mark of a region comes any more with a time before `cycle`.
  void passed(Cycles cycle);

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
    RegionSpans::Take add_span() {
      return [this](const RegionSpans::Span& span) {
        ++times;
        cycles += span.end - span.begin;
      };
    }

    RegionSpans spans;
    std::uint64_t times = 0;
    Cycles cycles = 0;
    std::vector<std::uint64_t> begin_values;
    std::vector<std::uint64_t> totals;
  };

  /// Warns of a region beyond kMaxRegions.
  void ignore_region() const;
  /// Takes in statistics that are new.
  void collect();
  void add_growth(Region& region);
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
