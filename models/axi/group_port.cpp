// SPDX-License-Identifier: Apache-2.0
#include "models/axi/group_port.h"

namespace tessera {

GroupPort::GroupPort(std::uint8_t index, const Inputs& inputs, std::uint32_t read_only_cache_bytes,
                     std::uint32_t axi_bytes, SocTarget& target, StatGroup& stats)
    : mux(inputs.tiles, inputs.num_tiles, inputs.masters, inputs.num_masters, inputs.open_bursts),
      index_(index),
      target_(target),
      cache_(read_only_cache_bytes, axi_bytes, stats.add_group("read_only_cache")),
      demux_(mux.num_sources(), kMaxPerId) {
  stats.add("read_beats", "count", "R beats from the system", &read_beats_);
  stats.add("write_beats", "count", "W beats to the system", &write_beats_);
  stats.add("busy_cycles", "cycles", "cycles with a transaction in flight", &busy_cycles_);
}

void GroupPort::step(Cycles now) {
  ++busy_cycles_;
  step_read_responses(now);
  step_write_responses(now);
  step_addresses(now);
  step_data(now);
  mux.step(now);
}

void GroupPort::step_read_responses(Cycles now) {
  const bool has_beat = cut.read_responses.can_pop(now);
  is_refill_response_ =
      has_beat && remap_.read_source(cut.read_responses.front().source) == kRefillSource;
  const bool is_bypass = has_beat && !is_refill_response_;
  const AxiResponse* cached = cache_.response(target_, now);
  if (!is_bypass && cached == nullptr) {
    return;
  }
  const std::uint32_t winner = demux_.read_arbiter().winner(
      std::uint64_t{is_bypass} << kBypass | std::uint64_t{cached != nullptr} << kCache);
  if (!mux.channels.read_responses.can_push(now)) {
    demux_.read_arbiter().hold();
    return;
  }
  demux_.read_arbiter().accept();
  AxiResponse response;
  if (winner == kCache) {
    response = *cached;  // NOLINT(clang-analyzer-core.NonNullParamChecker): it wins if it is there
    cache_.accept_response(now);
  } else {
    response = cut.read_responses.front();
    const std::uint16_t id = response.source;
    response.source = remap_.read_source(id);
    if (response.is_last) {
      remap_.close_read(id, now);
    }
    cut.read_responses.pop(now);
    ++read_beats_;
  }
  if (response.is_last) {
    demux_.close_read(response.source, now);
  }
  mux.channels.read_responses.push(response, now);
}

void GroupPort::step_write_responses(Cycles now) {
  if (!cut.write_responses.can_pop(now) || !mux.channels.write_responses.can_push(now)) {
    return;
  }
  AxiResponse response = cut.write_responses.front();
  response.source = remap_.close_write(response.source, now);
  demux_.close_write(response.source, now);
  cut.write_responses.pop(now);
  mux.channels.write_responses.push(response, now);
}

/// The read at the mux's register, when it shows at its target; null: none.
const AxiRequest* GroupPort::present_read(Cycles now) {
  if (!mux.channels.reads.can_pop(now)) {
    return nullptr;
  }
  const AxiRequest& read = mux.channels.reads.front();
  if (!is_read_waiting_) {
    read_target_ = !read.is_exclusive && cache_.covers(read.address) ? kCache : kBypass;
  }
  is_read_waiting_ = true;
  return demux_.presents_read(read, read_target_, now) ? &read : nullptr;
}

const AxiRequest* GroupPort::present_write(Cycles now) {
  if (!mux.channels.writes.can_pop(now)) {
    return nullptr;
  }
  const AxiRequest& write = mux.channels.writes.front();
  return demux_.presents_write(write, kBypass, now) ? &write : nullptr;
}

void GroupPort::step_addresses(Cycles now) {
  const AxiRequest* read = present_read(now);
  const AxiRequest* bypass = read_target_ == kBypass ? read : nullptr;
  const Target sent = send_addresses(bypass, present_write(now), now);

  ReadOnlyCache::Input input;
  input.read = read_target_ == kCache ? read : nullptr;
  input.has_refill = is_refill_response_;
  input.is_refill_request_accepted = sent == kCache;
  const ReadOnlyCache::Output cached = cache_.step(input, now);
  if (cached.is_refill_accepted) {
    remap_.close_read(cut.read_responses.pop(now).source, now);
    ++read_beats_;
  }
  if (cached.is_read_accepted || sent == kBypass) {
    demux_.accept_read(*read, read_target_, now);
    mux.channels.reads.pop(now);
    is_read_waiting_ = false;
  }
}

/// Sends what passes the remapper. Direct reads and refills of the cache meet in front of it;
/// returns which of them went, kNumTargets for none.
GroupPort::Target GroupPort::send_addresses(const AxiRequest* bypass, const AxiRequest* write,
                                            Cycles now) {
  const std::uint32_t* refill_line = cache_.refill_request(now);
  if (refill_line != nullptr) {
    refill_.address = *refill_line;
    refill_.source = kRefillSource;
  }
  const std::uint64_t requests =
      std::uint64_t{bypass != nullptr} << kBypass | std::uint64_t{refill_line != nullptr} << kCache;
  IdRemap::Input shown;
  shown.write = write;
  Target winner = kNumTargets;
  if (requests != 0) {
    winner = static_cast<Target>(read_arbiter_.winner(requests));
    shown.read = winner == kBypass ? bypass : &refill_;
  } else if (write == nullptr) {
    return winner;
  }
  const IdRemap::Output output = remap_.present(shown, now);
  const bool is_read_out = output.has_read && cut.reads.can_push(now);
  const bool is_write_out = output.has_write && cut.writes.can_push(now);
  remap_.accept(output, is_read_out, is_write_out);
  if (is_write_out) {
    send(*write, output.write_id, cut.writes, now);
    demux_.accept_write(*write, kBypass, now);
    mux.channels.writes.pop(now);
  }
  if (is_read_out) {
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): what goes out is shown
    send(*shown.read, output.read_id, cut.reads, now);
    read_arbiter_.accept();
    return winner;
  }
  if (requests != 0) {
    read_arbiter_.hold();
  }
  return kNumTargets;
}

void GroupPort::send(AxiRequest request, std::uint16_t id, ChannelRegister<AxiRequest>& to,
                     Cycles now) {
  request.source = id;
  request.master = index_;
  to.push(request, now);
}

void GroupPort::step_data(Cycles now) {
  if (!mux.channels.data.can_pop(now) || !demux_.presents_data() || !cut.data.can_push(now)) {
    return;
  }
  const bool is_last = mux.channels.data.front();
  if (is_last) {
    demux_.accept_last_data(now);
  }
  cut.data.push(is_last, now);
  mux.channels.data.pop(now);
  ++write_beats_;
}

}  // namespace tessera
