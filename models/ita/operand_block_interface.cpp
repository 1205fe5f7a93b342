// SPDX-License-Identifier: Apache-2.0
#include "models/ita/operand_block_interface.h"

#include <algorithm>

#include <fmt/format.h>

namespace tessera::ita {

namespace {

constexpr std::uint32_t kUnmappedValue = 0;
constexpr std::uint32_t kStoredFlags = ITA_BLOCK_STATE_SKIPSOFTMAX | ITA_BLOCK_STATE_ITER_MASK;
constexpr std::uint32_t kWordBytes = 4;

std::uint64_t macs_of(const HeadShape& shape) {
  const auto [s, e, p] = shape;
  return std::uint64_t{4} * s * e * p + std::uint64_t{2} * s * s * p;
}

}  // namespace

OperandBlockInterface::OperandBlockInterface(const sc_core::sc_module_name& name,
                                             const OperandBlockParameters& parameters,
                                             const ClockDomain& clock, ByteMemory& memory,
                                             GuestErrorSink& guest_errors, StatGroup& parent_stats)
    : RegisterDevice(name, clock, kUnmappedValue),
      parameters_(parameters),
      memory_(memory),
      guest_errors_(guest_errors),
      instances_(parameters.num_instances) {
  for (std::uint32_t i = 0; i < parameters_.num_instances; ++i) {
    add_registers(i);
    add_stats(i, parent_stats);
  }
  registers_.check_complete();
}

void OperandBlockInterface::add_registers(std::uint32_t index) {
  Instance& instance = instances_[index];
  const auto name = [index](const char* text) { return fmt::format("ITA{}_{}", index, text); };
  const auto offset = [index](std::uint32_t reg) { return index * ITA_BLOCK_STRIDE + reg; };
  registers_.add(name("STATE"), offset(ITA_BLOCK_STATE))
      .flag(0, "START")
      .flag(1, "BUSY")
      .flag(2, "DONE")
      .reserved(3, 1)
      .flag(4, "SKIPSOFTMAX")
      .field(ITA_BLOCK_STATE_ITER_SHIFT, 3, "ITER")
      .reserved(8, 24)
      .value_from([this, &instance](Cycles) { return state_of(instance); })
      .on_write([this, &instance](std::uint32_t value, const RegisterAccess& access) {
        write_state(instance, value, access);
      });
  instance.start_addr = &registers_.add_word(name("START_ADDR"), offset(ITA_BLOCK_START_ADDR));
  instance.out_addr = &registers_.add_word(name("OUT_ADDR"), offset(ITA_BLOCK_OUT_ADDR));
  instance.rqs_addr = &registers_.add_word(name("RQS_ADDR"), offset(ITA_BLOCK_RQS_ADDR));
  instance.s = &registers_.add_word(name("S"), offset(ITA_BLOCK_S));
  instance.e = &registers_.add_word(name("E"), offset(ITA_BLOCK_E));
  instance.p = &registers_.add_word(name("P"), offset(ITA_BLOCK_P));
}

void OperandBlockInterface::add_stats(std::uint32_t index, StatGroup& parent_stats) {
  const Instance& instance = instances_[index];
  StatGroup& stats = parent_stats.add_group(fmt::format("{}[{}]", basename(), index));
  stats.add("heads", "count", "runs that ended", &instance.heads);
  stats.add("busy_cycles", "cycles", "from START to DONE", &instance.busy_cycles);
  stats.add("macs", "count", "multiply-accumulates", &instance.macs);
  stats.add("bytes_read", "bytes", "operands and constants fetched", &instance.bytes_read);
  stats.add("bytes_written", "bytes", "results written", &instance.bytes_written);
  stats.add("misuses", "count", "accesses and runs that broke a rule", &instance.misuses);
}

std::uint32_t OperandBlockInterface::state_of(const Instance& instance) const {
  return instance.flags | (instance.is_busy ? ITA_BLOCK_STATE_BUSY : 0) |
         (instance.is_done ? ITA_BLOCK_STATE_DONE : 0);
}

void OperandBlockInterface::write_state(Instance& instance, std::uint32_t value,
                                        const RegisterAccess& access) {
  const bool is_start = (value & ITA_BLOCK_STATE_START) != 0;
  instance.flags = value & kStoredFlags;
  if (!instance.is_busy) {
    instance.is_done = (value & ITA_BLOCK_STATE_DONE) != 0;
    if (is_start) {
      start(instance, access);
    }
  } else if (is_start) {
    report(instance, access, "START while BUSY: ignored; wait for DONE first");
  }
}

std::string OperandBlockInterface::refusal(const Instance& instance) const {
  for (const Register* size : {instance.s, instance.e, instance.p}) {
    if (size->value == 0 || size->value % kSplitColumns != 0 ||
        size->value > parameters_.max_dimension) {
      return fmt::format("{} = {}; allowed: multiples of {} up to {}", size->name(), size->value,
                         kSplitColumns, parameters_.max_dimension);
    }
  }
  for (const Register* address : {instance.start_addr, instance.out_addr, instance.rqs_addr}) {
    if (address->value % kWordBytes != 0) {
      return fmt::format("{} = {:#x}; allowed: multiples of {}", address->name(), address->value,
                         kWordBytes);
    }
  }
  if ((instance.flags & ITA_BLOCK_STATE_ITER_MASK) != 0) {
    return fmt::format("ITER = {}; allowed: 0",
                       instance.flags >> ITA_BLOCK_STATE_ITER_SHIFT & 0x7u);
  }
  return "";
}

void OperandBlockInterface::start(Instance& instance, const RegisterAccess& access) {
  const std::string problem = refusal(instance);
  if (!problem.empty()) {
    report(instance, access, problem + ": nothing is computed, DONE is set at once");
    instance.is_done = true;
    return;
  }
  instance.is_done = false;
  instance.is_busy = true;
  instance.shape = {instance.s->value, instance.e->value, instance.p->value};
  instance.addresses = {instance.start_addr->value, instances_.front().start_addr->value,
                        instance.out_addr->value, instance.rqs_addr->value};
  instance.hart = access.hart;
  instance.pc = access.pc;
  // A hart behind the others may start at a time that the run before has already passed.
  instance.start = std::max(access.cycle, instance.end);
  instance.end = instance.start +
                 operand_block_cycles(instance.shape, parameters_.timing, parameters_.flavour);
  schedule_end();
}

OperandBlockInterface::Instance* OperandBlockInterface::first_to_end() {
  Instance* first = nullptr;
  for (Instance& instance : instances_) {
    if (instance.is_busy && !instance.is_moving &&
        (first == nullptr || instance.end < first->end)) {
      first = &instance;
    }
  }
  return first;
}

void OperandBlockInterface::advance_to(Cycles cycle) {
  Instance* instance = first_to_end();
  if (instance == nullptr || instance->end > cycle) {
    return;
  }
  for (; instance != nullptr && instance->end <= cycle; instance = first_to_end()) {
    instance->is_moving = true;
    run_head(*instance);
    instance->is_moving = false;
    instance->is_busy = false;
    instance->is_done = true;
    ++instance->heads;
    instance->busy_cycles += instance->end - instance->start;
  }
  schedule_end();
}

void OperandBlockInterface::run_head(Instance& instance) {
  const RegisterAccess origin{instance.hart, instance.pc, instance.end};
  const OperandBlockFetch fetch = fetch_operand_block(memory_, instance.addresses, instance.shape);
  instance.bytes_read += fetch.bytes;
  if (!fetch.is_complete) {
    report(instance, origin,
           fmt::format("operands or constants at {:#x} are not in memory: nothing is computed",
                       fetch.failing_address),
           fetch.failing_address);
    return;
  }
  const HeadResult result = attention_head(fetch.head, parameters_of(parameters_.flavour));
  instance.macs += macs_of(instance.shape);
  const std::uint32_t output = instance.addresses.output;
  if (!memory_.write(output, result.output.data(), result.output.size())) {
    report(
        instance, origin,
        fmt::format("the output, {} bytes at {:#x}, leaves memory", result.output.size(), output),
        output);
    return;
  }
  instance.bytes_written += result.output.size();
}

void OperandBlockInterface::schedule_end() {
  // A run may be over already when the one before it waited for a foreign target.
  if (const Instance* next = first_to_end()) {
    schedule_advance(next->end);
  } else {
    cancel_advance();
  }
}

void OperandBlockInterface::report(Instance& instance, const RegisterAccess& access,
                                   const std::string& message, std::uint32_t address) {
  ++instance.misuses;
  const auto index = &instance - instances_.data();
  guest_errors_.report({GuestErrorKind::kDeviceMisuse, access.hart, access.pc, address,
                        fmt::format("{}[{}]", name(), index), message});
}

}  // namespace tessera::ita
