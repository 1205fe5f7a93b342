// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/fabric_schedule.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "models/base/error.h"

namespace tessera {

namespace {

using Numbers = std::vector<std::uint32_t>;

constexpr std::size_t kMostNarrowInputs = 64;

/// The arbiter in front of every buffer; kNone: a source.
Numbers arbiters_in_front(const FabricPlan& plan) {
  Numbers in_front(plan.buffers.size(), FabricPlan::kNone);
  for (std::uint32_t a = 0; a < plan.arbiters.size(); ++a) {
    if (!plan.arbiters[a].is_sink && plan.arbiters[a].target != FabricPlan::kNone) {
      in_front[plan.arbiters[a].target] = a;
    }
  }
  return in_front;
}

/// One arbiter behind every buffer, one that leads somewhere if there is any; kNone: there is none.
Numbers arbiters_behind(const FabricPlan& plan) {
  Numbers behind(plan.buffers.size(), FabricPlan::kNone);
  for (const bool must_lead_somewhere : {false, true}) {
    for (std::uint32_t a = 0; a < plan.arbiters.size(); ++a) {
      const FabricPlan::Arbiter& arbiter = plan.arbiters[a];
      const bool leads_somewhere = arbiter.is_sink || (arbiter.target != FabricPlan::kNone &&
                                                       behind[arbiter.target] != FabricPlan::kNone);
      for (const std::uint32_t buffer : arbiter.inputs) {
        if (buffer != FabricPlan::kNone && leads_somewhere >= must_lead_somewhere) {
          behind[buffer] = a;
        }
      }
    }
  }
  return behind;
}

/// The smallest levels that respect the order: an arbiter comes after those of lower levels. All
/// arbiters behind one buffer get the same level.
Numbers levels_of(const FabricPlan& plan, const Numbers& in_front) {
  Numbers levels(plan.arbiters.size(), 0);
  bool is_changed = true;
  const auto raise = [&](std::uint32_t arbiter, std::uint32_t level) {
    is_changed |= levels[arbiter] < level;
    levels[arbiter] = std::max(levels[arbiter], level);
  };
  Numbers level_behind(plan.buffers.size(), 0);
  for (std::size_t round = 0; is_changed; ++round) {
    TESSERA_CHECK(round <= plan.arbiters.size(), "registered and unregistered ways in a circle");
    is_changed = false;
    for (std::uint32_t a = 0; a < plan.arbiters.size(); ++a) {
      for (const std::uint32_t buffer : plan.arbiters[a].inputs) {
        if (buffer == FabricPlan::kNone || in_front[buffer] == FabricPlan::kNone) {
          continue;
        }
        level_behind[buffer] = std::max(level_behind[buffer], levels[a]);
        raise(a, level_behind[buffer]);
        if (plan.buffers[buffer].kind == BufferKind::kFallThrough) {
          raise(a, levels[in_front[buffer]] + 1);
        } else {
          raise(in_front[buffer], levels[a] + 1);
        }
      }
    }
  }
  const std::uint32_t last = *std::max_element(levels.begin(), levels.end()) + 1;
  for (std::uint32_t a = 0; a < plan.arbiters.size(); ++a) {
    levels[a] = plan.arbiters[a].is_last ? last : levels[a];
  }
  return levels;
}

/// Numbers the different values of key(arbiter) in ascending order.
template <typename Key>
Numbers classify(std::size_t arbiters, Key&& key) {
  std::map<decltype(key(0)), std::uint32_t> numbers;
  for (std::uint32_t a = 0; a < arbiters; ++a) {
    numbers.emplace(key(a), 0);
  }
  std::uint32_t next = 0;
  for (auto& [value, number] : numbers) {
    number = next++;
  }
  Numbers classes;
  for (std::uint32_t a = 0; a < arbiters; ++a) {
    classes.push_back(numbers[key(a)]);
  }
  return classes;
}

}  // namespace

std::vector<ScheduledBatch> schedule_fabric(const FabricPlan& plan) {
  const Numbers behind = arbiters_behind(plan);
  const Numbers levels = levels_of(plan, arbiters_in_front(plan));
  // The outputs of a crossbar stay together: one that leads nowhere follows another one.
  const auto next_of = [&](std::uint32_t a) {
    const FabricPlan::Arbiter* arbiter = &plan.arbiters[a];
    const auto has_next = [&] {
      return arbiter->target != FabricPlan::kNone && behind[arbiter->target] != FabricPlan::kNone;
    };
    for (const std::uint32_t buffer : plan.arbiters[a].inputs) {
      if (!arbiter->is_sink && !has_next() && buffer != FabricPlan::kNone) {
        arbiter = &plan.arbiters[behind[buffer]];
      }
    }
    return !arbiter->is_sink && has_next() ? behind[arbiter->target] : FabricPlan::kNone;
  };
  const std::size_t count = plan.arbiters.size();
  Numbers classes = classify(count, [&](std::uint32_t a) {
    const FabricPlan::Arbiter& arbiter = plan.arbiters[a];
    return std::make_tuple(levels[a], arbiter.is_sink, arbiter.inputs.size() > kMostNarrowInputs);
  });
  // A class is split as long as its arbiters lead to different ones.
  for (bool is_split = true; is_split;) {
    const Numbers finer = classify(count, [&](std::uint32_t a) {
      const std::uint32_t next = next_of(a);
      return std::make_pair(classes[a], next == FabricPlan::kNone ? next : classes[next]);
    });
    is_split = finer != classes;
    classes = finer;
  }
  std::vector<ScheduledBatch> batches;
  for (std::uint32_t a = 0; a < count; ++a) {
    batches.resize(std::max<std::size_t>(batches.size(), classes[a] + 1));
    ScheduledBatch& batch = batches[classes[a]];
    batch.arbiters.push_back(a);
    batch.is_sink = plan.arbiters[a].is_sink;
    batch.is_wide = plan.arbiters[a].inputs.size() > kMostNarrowInputs;
    batch.behind = next_of(a) == FabricPlan::kNone ? FabricPlan::kNone : classes[next_of(a)];
  }
  return batches;
}

}  // namespace tessera
