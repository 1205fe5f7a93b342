// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma_engine.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera {

namespace {
/// Registers between the distributor of a group and that of the cluster: dma_meta_o in
/// mempool_group.sv, dma_meta_q in mempool_cluster.sv.
constexpr Cycles kGroupReportCycles = 2;
/// Register between the split mid-end and the front-end: dma_meta_o in mempool_cluster.sv.
constexpr Cycles kClusterReportCycles = 1;
/// A back-end's idle signal passes the same, and a register in each distributor (backend_idle_q).
constexpr Cycles kStatusCycles = kGroupReportCycles + kClusterReportCycles + 2;

bool is_inside(std::uint32_t address, std::uint32_t bytes, std::uint32_t base, std::uint32_t size) {
  return address >= base && address - base < size && bytes <= size - (address - base);
}
}  // namespace

DmaEngine::DmaEngine(const DmaParameters& parameters, DmaFrontEnd& front_end,
                     const std::vector<DmaBackendPorts>& ports, StatGroup& parent_stats)
    : parameters_(parameters), front_end_(front_end), distributor_(parameters.num_groups) {
  TESSERA_CHECK(ports.size() == parameters_.num_backends(), "{} ports for {} DMA back-ends",
                ports.size(), parameters_.num_backends());
  for (std::uint32_t i = 0; i < ports.size(); ++i) {
    StatGroup& stats = parent_stats.add_group(fmt::format("backend[{}]", i));
    backends_.push_back(std::make_unique<DmaBackend>(parameters_, ports[i].axi, ports[i].l1,
                                                     ports[i].memory, stats));
  }
  for (std::uint32_t group = 0; group < parameters_.num_groups; ++group) {
    groups_.emplace_back(parameters_.backends_per_group);
  }
}

bool DmaEngine::is_movable(const DmaParameters& parameters, const DmaTransfer& transfer) {
  const auto is_in_l1 = [&](std::uint32_t address) {
    return is_inside(address, transfer.bytes, 0, parameters.l1_bytes);
  };
  const auto is_in_l2 = [&](std::uint32_t address) {
    return is_inside(address, transfer.bytes, parameters.l2_base, parameters.l2_bytes);
  };
  return transfer.bytes > 0 && ((is_in_l1(transfer.source) && is_in_l2(transfer.destination)) ||
                                (is_in_l2(transfer.source) && is_in_l1(transfer.destination)));
}

Cycles DmaEngine::next_active_cycle(Cycles from) const {
  return is_idle() ? std::max(from, front_end_.offered().cycle) : from;
}

void DmaEngine::step(Cycles cycle) {
  if (is_idle() && front_end_.offered().cycle > cycle) {
    return;
  }
  record_status(cycle);
  const bool is_piece_complete = distributor_.take_completion(cycle);
  for (std::uint32_t group = 0; group < groups_.size(); ++group) {
    step_group(group, cycle);
  }
  const std::uint64_t before = num_pieces_;
  num_pieces_ += split(cycle) ? 1 : 0;
  num_pieces_ -= is_piece_complete ? 1 : 0;
  if (before == 1 && num_pieces_ == 0) {
    std::uint64_t bytes = 0;
    for (const auto& backend : backends_) {
      bytes += backend->bytes_moved();
    }
    front_end_.completed(num_taken_, bytes - bytes_before_, cycle + kClusterReportCycles);
    num_taken_ = 0;
    bytes_before_ = bytes;
  }
}

void DmaEngine::step_group(std::uint32_t index, Cycles cycle) {
  Group& group = groups_[index];
  if (group.distributor.take_completion(cycle)) {
    distributor_.complete(index, cycle + kGroupReportCycles);
  }
  const std::uint32_t first = index * parameters_.backends_per_group;
  for (std::uint32_t i = 0; i < parameters_.backends_per_group; ++i) {
    DmaBackend& backend = *backends_[first + i];
    if (!backend.is_idle() && backend.step(cycle)) {
      group.distributor.complete(i, cycle);
    }
  }
  if (group.group_register.can_pop(cycle) &&
      group.distributor.offer(
          cycle,
          [&](std::uint32_t i) {
            return share_of(parameters_, group.group_register.front(), first + i, 1);
          },
          [&](std::uint32_t i, const DmaTransfer& share) {
            const bool is_taken = backends_[first + i]->can_take(cycle);
            if (is_taken) {
              backends_[first + i]->take(share, cycle);
            }
            return is_taken;
          })) {
    group.group_register.pop(cycle);
  }
  if (group.cluster_register.can_pop(cycle) && group.group_register.can_push(cycle)) {
    group.group_register.push(group.cluster_register.pop(cycle), cycle);
  }
}

bool DmaEngine::split(Cycles cycle) {
  const bool is_new = rest_.bytes == 0;
  if (is_new && front_end_.offered().cycle > cycle) {
    return false;
  }
  const DmaTransfer transfer = is_new ? front_end_.offered().transfer : rest_;
  const DmaTransfer piece = first_piece(parameters_, transfer);
  const bool is_handed_out = hand_out(piece, cycle);
  const bool needs_split = piece.bytes < transfer.bytes;
  if (is_new && (needs_split || is_handed_out)) {
    front_end_.taken(cycle);
    ++num_taken_;
  }
  if (is_handed_out) {
    rest_ = part_of(transfer, piece.bytes, transfer.bytes - piece.bytes);
  } else if (needs_split) {
    rest_ = transfer;
  }
  return is_handed_out;
}

bool DmaEngine::hand_out(const DmaTransfer& piece, Cycles cycle) {
  const std::uint32_t backends = parameters_.backends_per_group;
  return distributor_.offer(
      cycle,
      [&](std::uint32_t group) { return share_of(parameters_, piece, group * backends, backends); },
      [&](std::uint32_t group, const DmaTransfer& share) {
        auto& place = groups_[group].cluster_register;
        const bool is_taken = place.can_push(cycle);
        if (is_taken) {
          place.push(share, cycle);
        }
        return is_taken;
      });
}

void DmaEngine::record_status(Cycles cycle) {
  const bool is_idle = std::all_of(backends_.begin(), backends_.end(), [](const auto& backend) {
    return backend->is_data_path_idle();
  });
  // Between two steps everything was idle.
  const Cycles gap = cycle - last_step_ - 1;
  idle_history_ = gap >= 63 ? ~std::uint64_t{0} : ~(~idle_history_ << gap);
  idle_history_ = idle_history_ << 1 | (is_idle ? 1 : 0);
  last_step_ = cycle;
}

bool DmaEngine::is_status_idle(Cycles cycle) const {
  if (cycle < kStatusCycles || cycle - kStatusCycles > last_step_) {
    return true;
  }
  const Cycles age = last_step_ - (cycle - kStatusCycles);
  return age > 63 || (idle_history_ >> age & 1) != 0;
}

}  // namespace tessera
