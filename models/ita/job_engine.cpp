// SPDX-License-Identifier: Apache-2.0
#include "models/ita/job_engine.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera::ita {

namespace {

std::uint32_t divide_up(std::uint32_t value, std::uint32_t divisor) {
  return (value + divisor - 1) / divisor;
}

}  // namespace

JobEngine::JobEngine(const Hardware& hardware, JobQueue& queue, TileEngine& tiles,
                     ByteMemory& memory, const std::vector<BankPort*>& ports)
    : hardware_(hardware),
      rows_per_access_(hardware.rows_per_access()),
      accesses_per_tile_(kTileSize / rows_per_access_),
      bias_accesses_(divide_up(kBiasBytes, hardware.port_bytes)),
      queue_(queue),
      tiles_(tiles),
      memory_(memory),
      core_(hardware) {
  TESSERA_CHECK(ports.size() == hardware.ports, "{} ports for {}", ports.size(), hardware.ports);
  for (BankPort* banks : ports) {
    ports_.emplace_back();
    ports_.back().banks = banks;
  }
  for (std::size_t stream = 0; stream < kNumStreams; ++stream) {
    (stream == kOutput ? ports_.back() : ports_.front()).streams |= 1u << stream;
  }
}

void JobEngine::add_stats(StatGroup& stats) {
  const auto cycles = [&](const char* name, const char* text, const std::uint64_t& counter) {
    stats.add(name, "cycles", text, &counter);
  };
  cycles("compute_cycles", "the core took a row", counters_.rows);
  cycles("input_stall_cycles", "it waited for its input or bias", counters_.input_stall_cycles);
  cycles("weight_stall_cycles", "it waited for weights", counters_.weight_stall_cycles);
  cycles("output_stall_cycles", "its output FIFO was full", counters_.output_stall_cycles);
  cycles("softmax_stall_cycles", "it waited for the softmax", counters_.softmax_stall_cycles);
  cycles("overhead_cycles", "it had all rows of the job: results on their way, change of jobs",
         counters_.overhead_cycles);
  stats.add("port_requests", "count", "cycles in which a port asked its banks",
            &counters_.port_requests);
  stats.add("port_refusals", "count", "of these, cycles in which the banks did not take it",
            &counters_.port_refusals);
}

void JobEngine::take_over() {
  core_.preset_weights(tiles_.state().has_next_weights);
}

void JobEngine::abort() {
  const std::vector<Port> ports = ports_;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    ports_[i] = Port{ports[i].banks, ports[i].streams};
  }
  for (Streamer& streamer : streamers_) {
    streamer.clear();
  }
  core_ = CorePipeline(hardware_);
  state_ = State{};
  is_settled_ = true;
}

Cycles JobEngine::next_active_cycle(Cycles from) const {
  return is_at_rest() ? kNever : from;
}

bool JobEngine::is_settled() const {
  return state_.run == Run::kIdle && core_.is_settled() && state_.weights.words == 0;
}

void JobEngine::step(Cycles cycle) {
  if (is_at_rest()) {
    return;
  }
  const std::array<bool, kNumStreams> granted = ask_ports();
  if (state_.run == Run::kStart) {
    begin_job(cycle);
  }
  const Decision decision = control();
  step_streams(decision, granted, cycle);
  step_run(decision.is_done, cycle);
  announce();
  state_.sees_job = queue_.has_job();
  is_settled_ = is_settled();
}

void JobEngine::begin_job(Cycles cycle) {
  job_ = queue_.begin_job();
  memory_.attribute_to(job_.number);
  if (job_.is_refused) {
    state_.refused_end = cycle + hardware_.rows_per_step();
    return;
  }
  operands_.bias.fill(0);
  core_.begin_step(tiles_.begin(job_.job, operands_));
}

JobEngine::Decision JobEngine::control() {
  Decision decision;
  const TileJob& job = job_.job;
  decision.starts[kWeights] = state_.starts_weights;
  state_.starts_weights = false;
  switch (state_.control) {
    case Control::kIdle:
      if (state_.run == Run::kStart && !job_.is_refused) {
        state_.control = job.loads_next_weights ? Control::kNextLoad : Control::kDone;
        decision.starts[kInput] = true;
        decision.starts[kBias] = job.has_bias;
        decision.starts[kOutput] = job.has_output;
        state_.starts_weights = true;
        state_.loads_ahead = false;
        const std::uint32_t block = hardware_.weight_block_bytes() / hardware_.port_bytes;
        const std::uint32_t steps = kTileSize / hardware_.processing_elements;
        streamers_[kInput].set_length(steps * accesses_per_tile_);
        streamers_[kWeights].set_length((job.preloads_weights ? steps : steps - 1) * block);
        streamers_[kBias].set_length(bias_accesses_);
        streamers_[kOutput].set_length(steps * accesses_per_tile_);
      }
      break;
    case Control::kNextLoad:
      if (streamers_[kWeights].is_done()) {
        state_.control = Control::kDone;
        state_.starts_weights = true;
        state_.loads_ahead = true;
      }
      break;
    case Control::kDone:
      decision.is_done = is_job_done();
  }
  if (decision.starts[kWeights] && state_.loads_ahead) {
    streamers_[kWeights].set_length(hardware_.weight_block_bytes() / hardware_.port_bytes);
  }
  return decision;
}

bool JobEngine::is_job_done() const {
  const Streamer& weights = streamers_[kWeights];
  if (job_.job.has_output) {
    return streamers_[kOutput].is_idle() && weights.is_idle() && weights.is_fifo_empty() &&
           streamers_[kOutput].is_fifo_empty();
  }
  return core_.is_step_complete() && streamers_[kInput].is_idle() && weights.is_idle() &&
         streamers_[kBias].is_idle();
}

bool JobEngine::is_stream_ready(std::size_t stream) const {
  switch (stream) {
    case kInput:
      return state_.input.has_place();
    case kWeights:
      return state_.weights.has_place();
    case kBias:
      return !state_.has_bias;
    default:
      return state_.output.words > 0;
  }
}

void JobEngine::step_streams(const Decision& decision, const std::array<bool, kNumStreams>& granted,
                             Cycles cycle) {
  std::array<Streamer::Inputs, kNumStreams> inputs;
  for (std::size_t stream = 0; stream < kNumStreams; ++stream) {
    inputs[stream] = {decision.starts[stream], is_stream_ready(stream), granted[stream]};
  }
  const auto brings = [&](std::size_t stream) {
    return inputs[stream].stream && streamers_[stream].has_word();
  };
  const bool is_input_new = brings(kInput);
  const bool is_weights_new = brings(kWeights);
  const bool is_bias_new = brings(kBias);
  const bool is_output_taken = inputs[kOutput].stream && streamers_[kOutput].takes_word();
  step_core(cycle);
  step_bias_buffer(is_bias_new);
  state_.input.words += is_input_new;
  state_.weights.words += is_weights_new;
  state_.output.words -= is_output_taken;
  for (std::size_t stream = 0; stream < kNumStreams; ++stream) {
    streamers_[stream].step(inputs[stream]);
  }
}

/// Input and bias go to the core together; whichever comes first waits.
/// Source: ita_hwpe_input_bias_fence.sv, hwpe_stream_fence.sv.
bool JobEngine::pass_fence() {
  const bool has_bias_row = state_.has_bias && state_.shows_bias;
  const bool has_input = state_.holds_input || state_.input.words > 0;
  const bool has_bias = !job_.job.has_bias || state_.holds_bias || has_bias_row;
  if (!has_input && !has_bias) {
    return false;
  }
  if (has_input && !state_.holds_input && ++state_.input.pieces == rows_per_access_) {
    state_.input.pieces = 0;
    --state_.input.words;
  }
  if (job_.job.has_bias && has_bias && !state_.holds_bias) {
    ++state_.bias_rows;
  }
  const bool is_complete = has_input && has_bias;
  state_.holds_input = has_input && !is_complete;
  state_.holds_bias = job_.job.has_bias && has_bias && !is_complete;
  return is_complete;
}

void JobEngine::step_core(Cycles cycle) {
  CorePipeline::Offer offer;
  const bool is_under_way = !core_.is_step_complete();
  offer.weights = state_.weights.words > 0;
  offer.takes_output = state_.output.has_place();
  const bool is_bias_shown = state_.has_bias;
  offer.row = is_under_way && core_.is_ready() && pass_fence();
  state_.shows_bias = is_bias_shown;
  if (state_.run != Run::kIdle || queue_.has_job()) {
    count_cycle(offer.row);
  }
  if (offer.row) {
    const std::uint32_t denominator =
        tiles_.compute_row(job_.job, operands_, core_.next_row(), output_);
    offer.division_cycles =
        core_.feeds_divider() ? CorePipeline::division_cycles(denominator) : Cycles{0};
  }
  const CorePipeline::Taken taken = core_.step(offer, cycle);
  if (taken.weights &&
      ++state_.weights.pieces == hardware_.port_bytes / hardware_.weight_port_bytes) {
    state_.weights.pieces = 0;
    --state_.weights.words;
  }
  if (taken.output && ++state_.output.pieces == rows_per_access_) {
    state_.output.pieces = 0;
    ++state_.output.words;
  }
}

/// Filled, then shown row by row from the next cycle on. Source: ita_hwpe_input_bias_buffer.sv.
void JobEngine::step_bias_buffer(bool is_word_new) {
  if (is_word_new && ++state_.bias_words == bias_accesses_) {
    state_.bias_words = 0;
    state_.has_bias = true;
  }
  if (state_.bias_rows == hardware_.rows_per_step()) {
    state_.bias_rows = 0;
    state_.has_bias = false;
  }
}

void JobEngine::count_cycle(bool is_row_taken) {
  if (is_row_taken) {
    ++counters_.rows;
    return;
  }
  if (core_.is_step_complete()) {
    ++counters_.overhead_cycles;
    return;
  }
  switch (core_.stall()) {
    case CorePipeline::Stall::kOutput:
      ++counters_.output_stall_cycles;
      break;
    case CorePipeline::Stall::kSoftmax:
      ++counters_.softmax_stall_cycles;
      break;
    case CorePipeline::Stall::kWeights:
      ++counters_.weight_stall_cycles;
      break;
    case CorePipeline::Stall::kInput:
      ++counters_.input_stall_cycles;
  }
}

void JobEngine::step_run(bool is_done, Cycles cycle) {
  switch (state_.run) {
    case Run::kIdle:
      state_.run = state_.sees_job ? Run::kStarting : Run::kIdle;
      break;
    case Run::kStarting:
      state_.run = Run::kStart;
      break;
    case Run::kStart:
      state_.run = Run::kRunning;
      break;
    case Run::kRunning:
      if (job_.is_refused && cycle >= state_.refused_end) {
        abort();
        queue_.end_job(cycle);
      } else if (is_done) {
        end_job(cycle);
      }
  }
}

void JobEngine::end_job(Cycles cycle) {
  for (Streamer& streamer : streamers_) {
    streamer.clear();
  }
  for (Port& port : ports_) {
    port = Port{port.banks, port.streams};
  }
  state_.run = Run::kIdle;
  state_.control = Control::kIdle;
  tiles_.end(job_.job, operands_);
  queue_.end_job(cycle);
}

std::array<bool, JobEngine::kNumStreams> JobEngine::ask_ports() {
  std::array<bool, kNumStreams> granted{};
  for (Port& port : ports_) {
    port.was_granted = port.is_asking && port.banks->ask();
    counters_.port_requests += port.is_asking;
    counters_.port_refusals += port.is_asking && !port.was_granted;
    if (port.was_granted) {
      granted[port.winner] = true;
      port.favoured = (port.favoured + 1) % kNumStreams;
      move(port.winner);
    }
  }
  return granted;
}

/// Among the streams `wanting` (bits), going round from the favoured one.
std::uint32_t JobEngine::choose(const Port& port, std::uint32_t wanting) const {
  for (std::uint32_t i = 0; i < kNumStreams; ++i) {
    const std::uint32_t stream = (port.favoured + i) % kNumStreams;
    if ((wanting >> stream & 1) != 0) {
      return stream;
    }
  }
  return port.favoured;
}

/// The state is that of the start of the next cycle.
void JobEngine::announce() {
  std::uint32_t all_wanting = 0;
  for (std::size_t stream = 0; stream < kNumStreams; ++stream) {
    all_wanting |= wants_access(stream) ? 1u << stream : 0;
  }
  for (Port& port : ports_) {
    const std::uint32_t wanting = all_wanting & port.streams;
    if (port.was_granted || !port.had_request) {
      port.winner = choose(port, wanting);
    }
    port.had_request = wanting != 0;
    port.is_asking = (wanting >> port.winner & 1) != 0;
    if (port.is_asking) {
      port.banks->announce(address_of(port.winner), hardware_.port_bytes);
    }
  }
}

std::uint32_t JobEngine::address_of(std::size_t stream) const {
  const TileJob& job = job_.job;
  const std::uint32_t access = streamers_[stream].accesses();
  const std::uint32_t tile_offset = access % accesses_per_tile_ * hardware_.port_bytes;
  const auto block_bytes = static_cast<std::uint32_t>(tiles_.weight_block_bytes());
  switch (stream) {
    case kInput:
      return job.input + tile_offset;
    case kWeights:
      return (state_.loads_ahead     ? job.next_weights
              : job.preloads_weights ? job.weights
                                     : job.weights + block_bytes) +
             access * hardware_.port_bytes;
    case kBias:
      return job.bias + access * static_cast<std::uint32_t>(kBiasBytes) / bias_accesses_;
    default:
      return job.output + tile_offset + access / accesses_per_tile_ * hardware_.processing_elements;
  }
}

/// The access that has just been granted.
void JobEngine::move(std::size_t stream) {
  const std::uint32_t address = address_of(stream);
  switch (stream) {
    case kInput:
      TESSERA_CHECK(
          memory_.read(address, &operands_.input[address - job_.job.input], hardware_.port_bytes),
          "no input at {:#x}", address);
      break;
    case kWeights:
      move_weights(address);
      break;
    case kBias:
      move_bias(address);
      break;
    default:
      move_results(address);
  }
}

void JobEngine::move_weights(std::uint32_t address) {
  std::int8_t* place = state_.loads_ahead ? &operands_.next_weights[address - job_.job.next_weights]
                                          : &operands_.weights[address - job_.job.weights];
  TESSERA_CHECK(memory_.read(address, place, hardware_.port_bytes), "no weights at {:#x}", address);
}

void JobEngine::move_bias(std::uint32_t address) {
  const std::uint32_t offset = address - job_.job.bias;
  const std::uint32_t bytes = static_cast<std::uint32_t>(kBiasBytes) / bias_accesses_;
  TESSERA_CHECK(memory_.read(address, &bias_bytes_[offset], bytes), "no bias at {:#x}", address);
  if (offset + bytes == kBiasBytes) {
    operands_.bias = unpack_bias(bias_bytes_);
  }
}

void JobEngine::move_results(std::uint32_t address) {
  const std::uint32_t offset = address - job_.job.output;
  for (std::uint32_t row = 0; row < rows_per_access_; ++row) {
    TESSERA_CHECK(memory_.write(address + row * kTileSize, &output_[offset + row * kTileSize],
                                hardware_.processing_elements),
                  "no place for results at {:#x}", address);
  }
}

}  // namespace tessera::ita
