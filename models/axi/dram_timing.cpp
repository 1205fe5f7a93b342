// SPDX-License-Identifier: Apache-2.0
#include "models/axi/dram_timing.h"

#include <algorithm>

namespace tessera {

namespace {

/// The bits of `value` that `mask` names, packed.
std::uint32_t extract(std::uint32_t value, std::uint32_t mask) {
  std::uint32_t result = 0;
  for (std::uint32_t bit = 0; mask != 0; mask &= mask - 1, ++bit) {
    result |= ((value & mask & (~mask + 1)) != 0 ? 1u : 0u) << bit;
  }
  return result;
}

std::size_t count(std::uint32_t mask) {
  return std::size_t{1} << __builtin_popcount(mask);
}

}  // namespace

DramTiming::DramTiming(const DramParameters& parameters, std::uint32_t core_khz, StatGroup& stats)
    : parameters_(parameters),
      core_khz_(core_khz),
      channels_(count(parameters.pseudo_channel_bits)),
      next_refresh_(parameters.refresh_interval) {
  for (PseudoChannel& channel : channels_) {
    channel.banks.resize(count(parameters.bank_group_bits | parameters.bank_bits));
    channel.group_column_from.resize(count(parameters.bank_group_bits));
    channel.group_read_from.resize(count(parameters.bank_group_bits));
  }
  stats.add("row_hits", "count", "bursts whose row was open", &row_hits_);
  stats.add("row_misses", "count", "bursts whose bank had no row open", &row_misses_);
  stats.add("row_conflicts", "count", "bursts whose bank had another row open", &row_conflicts_);
  stats.add("refreshes", "count", "refreshes of all banks", &refreshes_);
}

Cycles DramTiming::access(std::uint32_t address, std::uint32_t bytes, bool is_write,
                          Cycles arrival) {
  const Clocks from =
      (arrival * parameters_.clock_khz + core_khz_ - 1) / core_khz_ + parameters_.forward_clocks;
  refresh(from);
  Clocks done = from;
  const std::uint32_t first = address / parameters_.burst_bytes;
  const std::uint32_t last = (address + bytes - 1) / parameters_.burst_bytes;
  for (std::uint32_t burst = first; burst <= last; ++burst) {
    done = std::max(done, move_burst(burst * parameters_.burst_bytes, is_write, from));
  }
  done += parameters_.backward_clocks;
  return (done * core_khz_ + parameters_.clock_khz - 1) / parameters_.clock_khz;
}

void DramTiming::refresh(Clocks now) {
  if (now < next_refresh_) {
    return;
  }
  // Of refreshes that nobody saw, only the last one may still be under way.
  const Clocks count = (now - next_refresh_) / parameters_.refresh_interval + 1;
  refreshes_ += count;
  next_refresh_ += count * parameters_.refresh_interval;
  const Clocks begin = next_refresh_ - parameters_.refresh_interval;
  for (PseudoChannel& channel : channels_) {
    Clocks closed = begin;
    for (const Bank& bank : channel.banks) {
      if (bank.is_open) {
        closed = std::max(closed,
                          std::max(begin, bank.precharge_from) + parameters_.precharge_to_activate);
      }
    }
    for (Bank& bank : channel.banks) {
      bank.is_open = false;
      bank.activate_from = std::max(bank.activate_from, closed + parameters_.refresh_clocks);
    }
  }
}

/// Returns the first clock in which the bank's row is known to be open for commands: `from` when it
/// is already, else that of the activate.
DramTiming::Clocks DramTiming::open_row(PseudoChannel& channel, Bank& bank, std::uint32_t row,
                                        Clocks from) {
  if (bank.is_open && bank.row == row) {
    ++row_hits_;
    return from;
  }
  if (bank.is_open) {
    ++row_conflicts_;
    bank.activate_from = std::max(bank.activate_from, std::max(from, bank.precharge_from) +
                                                          parameters_.precharge_to_activate);
  } else {
    ++row_misses_;
  }
  Clocks& fourth_last = channel.activates[channel.next_activate];
  const Clocks activate = std::max({from, bank.activate_from, channel.activate_from, fourth_last});
  fourth_last = activate + parameters_.four_activates;
  channel.next_activate = (channel.next_activate + 1) % 4;
  channel.activate_from = activate + parameters_.activates_apart;
  bank.is_open = true;
  bank.row = row;
  bank.precharge_from = activate + parameters_.activate_to_precharge;
  bank.read_from = activate + parameters_.activate_to_read;
  bank.write_from = activate + parameters_.activate_to_write;
  return activate;
}

/// Returns the clock after the last one of the data.
DramTiming::Clocks DramTiming::move_burst(std::uint32_t address, bool is_write, Clocks from) {
  const DramParameters& p = parameters_;
  PseudoChannel& channel = channels_[extract(address, p.pseudo_channel_bits)];
  const std::uint32_t group = extract(address, p.bank_group_bits);
  Bank& bank = channel.banks[extract(address, p.bank_group_bits | p.bank_bits)];
  const Clocks opened = open_row(channel, bank, extract(address, p.row_bits), from);

  const Clocks column =
      std::max({opened, channel.column_from, channel.group_column_from[group],
                is_write ? bank.write_from : bank.read_from,
                is_write ? channel.write_from
                         : std::max(channel.read_from, channel.group_read_from[group])});
  channel.column_from = column + p.other_group_apart;
  channel.group_column_from[group] = column + p.same_group_apart;
  const Clocks end = column + (is_write ? p.write_latency : p.read_latency) + p.burst_clocks;
  if (is_write) {
    channel.read_from = end + p.write_data_to_read;
    channel.group_read_from[group] = end + p.write_data_to_read_same;
    bank.precharge_from = std::max(bank.precharge_from, end + p.write_data_to_precharge);
  } else {
    channel.write_from = column + p.read_to_write;
    bank.precharge_from = std::max(bank.precharge_from, column + p.read_to_precharge);
  }
  return end;
}

}  // namespace tessera
