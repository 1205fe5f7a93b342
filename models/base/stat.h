// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

/// Statistics form a tree that mirrors the hardware; a path is "soc.cluster.hart[3].instructions".
/// The numbers themselves live in the models' state structs: a Stat only points at one, so counting
/// costs an increment and observation nothing.
struct Stat {
  std::string name;         ///< noun_unit or plural count: "conflict_cycles", "requests"
  std::string unit;         ///< "cycles", "bytes", "instructions", "count"
  std::string description;  ///< one sentence
  std::function<std::uint64_t()> value;
};

class StatGroup {
 public:
  explicit StatGroup(std::string name) : name_(std::move(name)) {}
  StatGroup(const StatGroup&) = delete;
  StatGroup& operator=(const StatGroup&) = delete;

  /// A child group; `name` is one path element ("dma", "hart[3]"). Children keep insertion order.
  StatGroup& add_group(const std::string& name);
  /// `counter` must outlive the group.
  void add(const std::string& name, const std::string& unit, const std::string& description,
           const std::uint64_t* counter);
  /// A derived value, computed when statistics are written.
  void add(const std::string& name, const std::string& unit, const std::string& description,
           std::function<std::uint64_t()> value);

  const std::string& name() const { return name_; }
  const std::vector<Stat>& stats() const { return stats_; }
  const std::vector<std::unique_ptr<StatGroup>>& groups() const { return groups_; }

  /// Value at a dotted path below this group; TESSERA_CHECK fails when there is none (for tests).
  std::uint64_t value(const std::string& path) const;
  /// Calls `visit(full path, stat)` for all stats, depth first, in insertion order.
  void visit(const std::function<void(const std::string&, const Stat&)>& visitor) const;

 private:
  void visit(const std::string& prefix,
             const std::function<void(const std::string&, const Stat&)>& visitor) const;

  std::string name_;
  std::vector<Stat> stats_;
  std::vector<std::unique_ptr<StatGroup>> groups_;
};

}  // namespace tessera
