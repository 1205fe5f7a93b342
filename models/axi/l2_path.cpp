// SPDX-License-Identifier: Apache-2.0
#include "models/axi/l2_path.h"

#include <string>

#include "models/base/error.h"

namespace tessera {

namespace {

/// Cycle in which the bank's answer enters the register of the response crossbar. Source: the
/// SRAM's read register, tcdm_adapter.sv.
constexpr Cycles kBankCycles = 1;
/// An atomic writes back in the cycle after its read, RegisterAmo = 0. Source: tcdm_adapter.sv.
constexpr Cycles kAtomicCycles = 2;

}  // namespace

L2Path::L2Path(std::uint32_t num_masters, std::uint32_t num_banks, std::uint32_t axi_bytes,
               SocTarget& target, StatGroup& stats)
    : axi_bytes_(axi_bytes), target_(target), adapters_(num_masters) {
  banks_.reserve(num_banks);
  for (std::uint32_t bank = 0; bank < num_banks; ++bank) {
    banks_.emplace_back();
    StatGroup& group = stats.add_group("bank[" + std::to_string(bank) + "]");
    group.add("beats", "count", "AXI words read or written", &banks_[bank].num_beats);
    group.add("conflict_cycles", "cycles", "cycles that requests waited for another master's",
              &banks_[bank].conflict_cycles);
  }
}

const AxiResponse* L2Path::read_response(std::uint32_t master, Cycles now) {
  Adapter& adapter = adapters_[master];
  if (!adapter.responses.can_pop(now) || !adapter.responses.front().has_read_response) {
    return nullptr;
  }
  const Beat& beat = adapter.responses.front();
  adapter.response = response_to(beat.request, beat.is_last);
  return &adapter.response;
}

const AxiResponse* L2Path::write_response(std::uint32_t master, Cycles now) {
  Adapter& adapter = adapters_[master];
  if (!adapter.responses.can_pop(now) || !adapter.responses.front().has_write_response) {
    return nullptr;
  }
  adapter.response = response_to(adapter.responses.front().request);
  return &adapter.response;
}

void L2Path::end_read_response(std::uint32_t master, bool is_accepted, Cycles now) {
  Adapter& adapter = adapters_[master];
  adapter.responses.front().has_read_response = !is_accepted;
  retire_answered(adapter, now);
}

void L2Path::end_write_response(std::uint32_t master, bool is_accepted, Cycles now) {
  Adapter& adapter = adapters_[master];
  adapter.responses.front().has_write_response = !is_accepted;
  retire_answered(adapter, now);
}

/// A beat that has been answered lets the next one go, from the next cycle on.
void L2Path::retire_answered(Adapter& adapter, Cycles now) {
  const Beat& beat = adapter.responses.front();
  if (!beat.has_read_response && !beat.has_write_response) {
    adapter.responses.pop(now);
    adapter.in_flight.add(-1, now);
  }
}

void L2Path::show(std::uint32_t master, const Shown& shown, Cycles now) {
  Adapter& adapter = adapters_[master];
  adapter.accepted = {};
  if (adapter.responses.can_pop(now)) {
    retire_answered(adapter, now);  // beats of a write burst but the last have no answer
  }
  // What was chosen in an earlier cycle stays until it is accepted.
  if (!adapter.is_locked && !select(adapter, shown)) {
    return;
  }
  if (adapter.in_flight.at_start(now) == 0) {
    banks_[adapter.beat.bank].requests |= std::uint64_t{1} << master;
  }
  adapter.is_locked = true;
}

/// Chooses between the read and the write side, and sets `beat`; false: neither has something.
bool L2Path::select(Adapter& adapter, const Shown& shown) {
  const bool has_read = adapter.reads_left != 0 || shown.read != nullptr;
  const bool has_write =
      shown.data != nullptr && (adapter.writes_left != 0 || shown.write != nullptr);
  if (!has_read && !has_write) {
    return false;
  }
  const AxiRequest* read = adapter.reads_left != 0 ? &adapter.read : shown.read;
  const AxiRequest* write = adapter.writes_left != 0 ? &adapter.write : shown.write;
  const bool is_last_read =
      has_read && (adapter.reads_left == 1 || (adapter.reads_left == 0 && read->beats == 1));
  if (has_read != has_write) {
    adapter.is_write_selected = has_write;
  } else if (*shown.data && !is_last_read) {
    adapter.is_write_selected = true;
  } else if (adapter.writes_left != 0 || adapter.reads_left != 0) {
    adapter.is_write_selected = adapter.writes_left != 0;
  } else {
    adapter.is_write_selected = !adapter.is_write_selected;
  }
  Beat& beat = adapter.beat;
  beat.is_write = adapter.is_write_selected;
  beat.request = beat.is_write ? *write : *read;
  beat.is_last = beat.is_write ? *shown.data : is_last_read;
  beat.bank = beat.request.address / axi_bytes_ % static_cast<std::uint32_t>(banks_.size());
  beat.has_read_response = !beat.is_write || beat.request.is_atomic;
  beat.has_write_response = beat.is_write && beat.is_last;
  return true;
}

void L2Path::step(Cycles now) {
  for (Bank& bank : banks_) {
    if (bank.beats.can_pop(now) && now >= bank.busy_until) {
      access(bank, now);
    }
    if (bank.requests == 0) {
      continue;
    }
    bank.conflict_cycles += static_cast<std::uint32_t>(__builtin_popcountll(bank.requests)) - 1;
    const std::uint32_t winner = bank.arbiter.winner(bank.requests);
    bank.requests = 0;
    if (bank.beats.can_push(now)) {
      bank.arbiter.accept();
      accept(winner, bank, now);
    } else {
      bank.arbiter.hold();
    }
  }
}

void L2Path::accept(std::uint32_t master, Bank& bank, Cycles now) {
  Adapter& adapter = adapters_[master];
  const Beat& beat = adapter.beat;
  bank.beats.push(beat, now);
  adapter.in_flight.add(1, now);
  adapter.is_locked = false;
  std::uint32_t& left = beat.is_write ? adapter.writes_left : adapter.reads_left;
  AxiRequest& burst = beat.is_write ? adapter.write : adapter.read;
  adapter.accepted.data = beat.is_write;
  if (left == 0) {
    burst = beat.request;
    left = burst.beats;
    adapter.accepted.read = !beat.is_write;
    adapter.accepted.write = beat.is_write;
  }
  --left;
  burst.address = burst.address / axi_bytes_ * axi_bytes_ + axi_bytes_;
}

void L2Path::access(Bank& bank, Cycles now) {
  const Beat& beat = bank.beats.front();
  if (beat.request.hart != nullptr) {
    const bool is_done = perform(target_, *beat.request.hart, now);
    TESSERA_CHECK(is_done, "L2 does not answer at {:#x}", beat.request.address);
  }
  if (beat.request.is_atomic) {
    bank.busy_until = now + kAtomicCycles;
  }
  ++bank.num_beats;
  adapters_[beat.request.master].responses.push(beat, now + kBankCycles);
  bank.beats.pop(now);
}

}  // namespace tessera
