// SPDX-License-Identifier: Apache-2.0
#include "platform/soc.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <systemc>

#include "models/attention_engine/attention_engine_regs.h"
#include "models/attention_engine/device/attention_engine.h"
#include "models/axi/bus.h"
#include "models/base/observed_memory.h"
#include "models/core/cluster.h"
#include "models/dma/dma.h"
#include "models/ita/job_interface.h"
#include "models/ita/operand_block_interface.h"
#include "models/memory/l1_memory.h"
#include "models/memory/memory_target.h"
#include "models/periph/boot.h"
#include "models/periph/control_registers.h"
#include "models/periph/control_regs.h"
#include "models/periph/platform_block.h"
#include "models/periph/platform_block_regs.h"
#include "models/periph/uart.h"
#include "models/tlm/access_bridge.h"
#include "models/tlm/bus_memory.h"
#include "models/tlm/bus_tap.h"
#include "models/tlm/byte_memory_target.h"
#include "models/tlm/clock_domain.h"
#include "platform/address_map.h"
#include "platform/cycle_machine.h"
#include "platform/run_control.h"
#include "platform/soc_parameters.h"

namespace tessera {

namespace {

/// L1 as harts address it, and everything else through a bus: what the loader, the debugger and the
/// ITAs see.
class HartView : public ByteMemory {
 public:
  HartView(L1Memory& l1, ByteMemory& bus) : l1_(l1), bus_(bus) {}
  bool read(std::uint32_t address, void* data, std::size_t bytes) override {
    return (l1_.contains(address) ? l1_.core_view() : bus_).read(address, data, bytes);
  }
  bool write(std::uint32_t address, const void* data, std::size_t bytes) override {
    return (l1_.contains(address) ? l1_.core_view() : bus_).write(address, data, bytes);
  }

 private:
  L1Memory& l1_;
  ByteMemory& bus_;
};

}  // namespace

/// The one place that names and connects every part.
class Soc::Impl : public sc_core::sc_module {
 public:
  Impl(const sc_core::sc_module_name& name, const SocConfig& config, const SocServices& services);

  /// Ends the elaboration, if that has not happened: only then sockets reach their targets and
  /// processes wait for their events.
  void elaborate();
  void connect_external(::tlm::tlm_initiator_socket<>& initiator);
  std::vector<DeviceActivity> activities() const;
  std::vector<RegisterValue> register_values(const std::string& name) const;
  /// The windows of a target, as the bus decodes them.
  std::vector<Bus::Window> windows(AddressTarget target, std::uint32_t index = 0) const;

  const SocConfig config_;
  const SocServices services_;
  const AddressMap map_{config_};
  Observers observers_;
  StatGroup stats_{"soc"};
  ClockDomain clock_{config_.clock_khz};
  DmiTable dmi_;
  StatGroup& cluster_stats_{stats_.add_group("cluster")};
  L1Memory l1_{l1_config(config_), dmi_, cluster_stats_};
  Bus bus_{"axi", stats_};
  Cluster cluster_;
  RunControl run_control_{cluster_, clock_, services_, config_.control.eoc_hart};
  /// Harts are the first agents.
  const std::uint32_t num_hart_agents_ = add_hart_agents();
  AccessBridge bridge_{"external_bridge", kExternalOutstanding};
  ByteMemoryTarget l1_target_{"l1_target", l1_.raw_view()};
  MemoryTarget l2_{"l2", {config_.l2.base, config_.l2.bytes, true}, stats_};
  MemoryTarget boot_rom_{
      "boot_rom", {config_.boot.rom_base, config_.boot.rom_bytes, false}, stats_};
  BusMemory debug_bus_{"debug_bus", BusMemory::Access::kDebug};
  BusMemory host_bus_{"host_bus", BusMemory::Access::kTransport};
  BusMemory dma_bus_{"dma_bus", BusMemory::Access::kTransport};
  const L1Layout l1_layout_ = l1_config(config_).layout;
  ControlRegisters control_;
  const AgentId dma_agent_ = add_agent("dma");
  ObservedMemory dma_memory_{dma_bus_, dma_agent_, seen_raw()};
  Dma dma_;
  Uart uart_{"uart", services_.console, stats_};
  std::vector<std::unique_ptr<ObservedMemory>> observed_ita_memories_;
  std::vector<ByteMemory*> ita_memories_;  ///< by ITA
  std::vector<std::unique_ptr<ita::JobInterface>> ita_jobs_;
  BusMemory ita_bus_{"ita_bus", BusMemory::Access::kTransport};
  /// Deeploy's programs keep the requantisation table on a hart's stack, so an ITA addresses L1 as
  /// harts do.
  HartView ita_view_{l1_, ita_bus_};
  std::optional<ita::OperandBlockInterface> ita_operand_blocks_;
  BusMemory attention_engine_bus_{"attention_engine_bus", BusMemory::Access::kTransport};
  std::optional<ObservedMemory> attention_engine_memory_;
  std::optional<attention_engine::AttentionEngine> attention_engine_;
  PlatformBlock platform_block_{"platform_block", clock_, platform_block_values(config_),
                                [this](std::uint32_t hart, std::uint32_t id, bool begins) {
                                  run_control_.region(hart, id, begins);
                                },
                                timing_control()};
  std::optional<BootHost> boot_host_;
  HartView hart_view_{l1_, debug_bus_};
  /// What loader and debugger write; what they read is nobody's business.
  ObservedMemory host_memory_{
      hart_view_, add_agent("host"), {observers_, [this] { return cluster_.now(); }, {}, false}};
  std::vector<std::unique_ptr<BusTap>> external_taps_;

 private:
  /// Accesses of harts to external models that are under way at once; more wait their turn.
  /// Assumption: no source, a foreign model has its own limits.
  static constexpr unsigned kExternalOutstanding = 16;

  std::uint32_t add_hart_agents() {
    for (std::uint32_t hart = 0; hart < cluster_.num_harts(); ++hart) {
      observers_.add_agent(fmt::format("{}.{}", cluster_.name(), cluster_.hart_name(hart)));
    }
    return observers_.num_agents();
  }
  AgentId add_agent(const std::string& part) {
    return observers_.add_agent(fmt::format("{}.{}", name(), part));
  }
  ObservedMemory::Services seen() {
    return {observers_, [this] { return cluster_.now(); }, {}, true};
  }
  /// With raw addresses of L1.
  ObservedMemory::Services seen_raw() {
    return {observers_, [this] { return cluster_.now(); }, l1_layout_, true};
  }
  /// What an ITA moves data in.
  ByteMemory& add_ita_memory(AgentId agent, ByteMemory& memory);
  HartEngine& cycle_engine();
  bool devices_are_at_rest() const;
  PlatformBlock::TimingControl timing_control();
  void add_ita_jobs();
  void add_ita_operand_blocks();
  void connect();

  std::optional<CycleMachine> cycle_machine_;
};

Soc::Impl::Impl(const sc_core::sc_module_name& name, const SocConfig& config,
                const SocServices& services)
    : sc_module(name),
      config_(config),
      services_(services),
      cluster_("cluster", cluster_parameters(config_), clock_,
               {l1_, dmi_, services_.guest_errors,
                [this](const std::string& line) {
                  const std::string text = line + "\n";
                  services_.console(text.data(), text.size());
                },
                services_.poll, [this]() -> HartEngine& { return cycle_engine(); },
                [this] { return devices_are_at_rest(); },
                [this](std::uint32_t hart, bool is_on) {
                  run_control_.region(hart, kTraceRegion, is_on);
                },
                observers_},
               cluster_stats_),
      control_(
          "control", control_parameters(config_), clock_, cluster_,
          [this](std::uint32_t hart, std::uint32_t value) {
            run_control_.end_of_computation(hart, value);
          },
          services_.guest_errors, stats_, observers_),
      dma_("dma", dma_parameters(config_), clock_,
           kHasObservers ? static_cast<ByteMemory&>(dma_memory_) : dma_bus_, services_.guest_errors,
           stats_, {observers_, dma_agent_}) {
  l1_.set_write_observer(&cluster_);
  l2_.set_write_observer(&cluster_);
  const auto image = boot_rom_image(config_.boot.rom_base, config_.l2.base);
  std::memcpy(boot_rom_.data(), image.data(), sizeof image);
  if (config_.boot.mode == BootMode::kRom) {
    boot_host_.emplace("boot_host", clock_, host_bus_,
                       CONTROL_BASE + control_parameters(config_).map.wake_up,
                       config_.boot.wake_up_cycle);
  }
  if (config_.ita.interface == ItaInterface::kJob) {
    add_ita_jobs();
  } else if (config_.ita.interface == ItaInterface::kOperandBlock) {
    add_ita_operand_blocks();
  }
  if (config_.attention_engine.is_there) {
    const AgentId agent = add_agent("attention_engine");
    attention_engine_memory_.emplace(attention_engine_bus_, agent, seen_raw());
    attention_engine_.emplace(
        "attention_engine", attention_engine_parameters(config_), clock_,
        kHasObservers ? static_cast<ByteMemory&>(*attention_engine_memory_) : attention_engine_bus_,
        cluster_, services_.guest_errors, stats_, DeviceProbe(observers_, agent),
        DeviceProbe(observers_, add_agent("attention_engine.fifo")));
    bus_.connect(attention_engine_->target_socket, windows(AddressTarget::kAttentionEngine));
    cluster_.attach_bridge(bridge_, ATTENTION_ENGINE_BASE + ATTENTION_ENGINE_INST_HI, 4);
  }
  connect();
  cluster_.request_timing(config_.timing);
}

void Soc::Impl::add_ita_jobs() {
  for (std::uint32_t i = 0; i < config_.ita.count; ++i) {
    const std::string part = fmt::format("ita[{}]", i);
    const AgentId agent = add_agent(part);
    ita_jobs_.push_back(std::make_unique<ita::JobInterface>(
        part.c_str(), job_interface_parameters(config_, i), clock_,
        add_ita_memory(agent, l1_.core_view()), cluster_, services_.guest_errors, stats_,
        DeviceProbe(observers_, agent)));
    bus_.connect(ita_jobs_.back()->target_socket, windows(AddressTarget::kIta, i));
  }
}

ByteMemory& Soc::Impl::add_ita_memory(AgentId agent, ByteMemory& memory) {
  observed_ita_memories_.push_back(std::make_unique<ObservedMemory>(memory, agent, seen()));
  ita_memories_.push_back(kHasObservers ? &*observed_ita_memories_.back() : &memory);
  return *ita_memories_.back();
}

void Soc::Impl::add_ita_operand_blocks() {
  std::vector<ita::OperandBlockInterface::ObservedInstance> observed;
  for (std::uint32_t i = 0; i < config_.ita.operand_block.num_instances; ++i) {
    const AgentId agent = add_agent(fmt::format("ita[{}]", i));
    observed.push_back({DeviceProbe(observers_, agent), add_ita_memory(agent, ita_view_)});
  }
  ita_operand_blocks_.emplace("ita", config_.ita.operand_block, clock_, ita_view_,
                              services_.guest_errors, stats_, observed);
  std::vector<Bus::Window> all;
  for (std::uint32_t i = 0; i < config_.ita.count; ++i) {
    for (Bus::Window window : windows(AddressTarget::kIta, i)) {
      window.origin = config_.ita.base();
      all.push_back(window);
    }
  }
  bus_.connect(ita_operand_blocks_->target_socket, all);
}

std::vector<Bus::Window> Soc::Impl::windows(AddressTarget target, std::uint32_t index) const {
  std::vector<Bus::Window> found;
  for (const MapRange& range : map_.ranges()) {
    if (range.target == target && range.index == index) {
      const std::uint64_t origin = found.empty() ? range.base : found.front().origin;
      found.push_back({range.name, range.base, range.bytes, origin});
    }
  }
  return found;
}

void Soc::Impl::connect() {
  cluster_.bus_socket.bind(bus_.target_socket);
  bridge_.socket.bind(bus_.target_socket);
  debug_bus_.socket.bind(bus_.target_socket);
  host_bus_.socket.bind(bus_.target_socket);
  dma_bus_.socket.bind(bus_.target_socket);
  ita_bus_.socket.bind(bus_.target_socket);
  attention_engine_bus_.socket.bind(bus_.target_socket);

  bus_.connect(l1_target_.target_socket, {{"soc.cluster.l1", 0, config_.cluster.l1_bytes(), 0}});
  bus_.connect(l2_.target_socket, windows(AddressTarget::kL2));
  bus_.connect(boot_rom_.target_socket, windows(AddressTarget::kBootRom));
  bus_.connect(control_.target_socket, windows(AddressTarget::kControl));
  bus_.connect(dma_.target_socket, windows(AddressTarget::kDma));
  bus_.connect(platform_block_.target_socket, windows(AddressTarget::kPlatformBlock));
  const int uart_port = bus_.connect(uart_.target_socket, windows(AddressTarget::kUart));
  if (config_.uart.answers_unmapped) {
    bus_.set_default(uart_port);
  }
  if (config_.external.bytes > 0) {
    cluster_.attach_bridge(bridge_, config_.external.base, config_.external.bytes);
  }
}

void Soc::Impl::connect_external(::tlm::tlm_initiator_socket<>& initiator) {
  const std::string part = fmt::format("external[{}]", external_taps_.size());
  external_taps_.push_back(std::make_unique<BusTap>(sc_core::sc_gen_unique_name("external_tap"),
                                                    clock_, observers_, add_agent(part),
                                                    l1_layout_));
  initiator.bind(external_taps_.back()->target_socket);
  external_taps_.back()->initiator_socket.bind(bus_.target_socket);
}

HartEngine& Soc::Impl::cycle_engine() {
  return cycle_machine_.emplace(
      config_, CycleMachine::Parts{cluster_, l1_, dmi_, dma_, dma_bus_, control_, ita_jobs_,
                                   attention_engine_ ? &*attention_engine_ : nullptr,
                                   ita_operand_blocks_ ? &*ita_operand_blocks_ : nullptr, stats_,
                                   cluster_stats_, observers_, ita_memories_});
}

std::vector<RegisterValue> Soc::Impl::register_values(const std::string& name) const {
  if (const auto* device = dynamic_cast<RegisterDevice*>(sc_core::sc_find_object(name.c_str()))) {
    return device->register_values();
  }
  std::vector<RegisterValue> values;
  for (const MapRange& range : map_.ranges()) {
    if (!ita_operand_blocks_ || range.target != AddressTarget::kIta || range.name != name) {
      continue;
    }
    // One device holds the blocks of all ITAs.
    const std::uint64_t begin = range.base - config_.ita.base();
    for (const RegisterValue& value : ita_operand_blocks_->register_values()) {
      if (value.offset >= begin && value.offset - begin < range.bytes) {
        values.push_back(value);
      }
    }
  }
  return values;
}

std::vector<DeviceActivity> Soc::Impl::activities() const {
  std::vector<const RegisterDevice*> devices{&dma_};
  for (const auto& jobs : ita_jobs_) {
    devices.push_back(jobs.get());
  }
  if (ita_operand_blocks_) {
    devices.push_back(&*ita_operand_blocks_);
  }
  if (attention_engine_) {
    devices.push_back(&*attention_engine_);
  }
  std::vector<DeviceActivity> activities;
  for (const RegisterDevice* device : devices) {
    const std::string text = device->activity();
    if (!text.empty()) {
      activities.push_back({device->name(), text});
    }
  }
  return activities;
}

bool Soc::Impl::devices_are_at_rest() const {
  return dma_.is_idle() &&
         std::all_of(ita_jobs_.begin(), ita_jobs_.end(),
                     [](const auto& jobs) { return jobs->is_idle(); }) &&
         (!attention_engine_ || attention_engine_->is_idle()) &&
         (!ita_operand_blocks_ || ita_operand_blocks_->is_idle());
}

PlatformBlock::TimingControl Soc::Impl::timing_control() {
  static_assert(static_cast<std::uint32_t>(TimingMode::kFunctional) ==
                PLATFORM_BLOCK_TIMING_FUNCTIONAL);
  static_assert(static_cast<std::uint32_t>(TimingMode::kCycle) == PLATFORM_BLOCK_TIMING_CYCLE);
  const auto write = [this](std::uint32_t mode, const RegisterAccess& access) {
    if (mode <= PLATFORM_BLOCK_TIMING_CYCLE) {
      cluster_.request_timing(static_cast<TimingMode>(mode));
    } else {
      services_.guest_errors.report(
          {GuestErrorKind::kDeviceMisuse, access.hart, access.pc,
           PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_TIMING, platform_block_.name(),
           fmt::format("TIMING: {} is no timing mode; 0 functional, 1 cycle", mode)});
    }
  };
  return {[this] { return static_cast<std::uint32_t>(cluster_.timing()); }, write};
}

void Soc::Impl::elaborate() {
  if (sc_core::sc_get_status() == sc_core::SC_ELABORATION) {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
}

Soc::Soc(const SocConfig& config, const SocServices& services)
    : impl_(std::make_unique<Impl>("soc", config, services)) {}
Soc::~Soc() = default;

void Soc::connect_external(::tlm::tlm_target_socket<>& target) {
  impl_->bus_.connect(target, impl_->windows(AddressTarget::kExternal));
}
void Soc::connect_external(::tlm::tlm_initiator_socket<>& initiator) {
  impl_->connect_external(initiator);
}
void Soc::attach(const Probes& probes) {
  impl_->observers_.attach(probes);
  observer_came();
}
void Soc::observer_came() {
  impl_->cluster_.observer_came();
}
const Observers& Soc::observers() const {
  return impl_->observers_;
}
ByteMemory& Soc::memory() {
  impl_->elaborate();
  return impl_->host_memory_;
}
void Soc::add_timing_switch(const TimingSwitch& change) {
  impl_->run_control_.add_timing_switch(change);
}
TimingMode Soc::timing() const {
  return impl_->cluster_.timing();
}
TimingMode Soc::wanted_timing() const {
  return impl_->cluster_.wanted_timing();
}
RunResult Soc::run(const RunLimits& limits) {
  impl_->elaborate();
  return impl_->run_control_.run(limits);
}
void Soc::request_stop(RunEnd reason) {
  impl_->run_control_.request_stop(reason);
}
Cycles Soc::now() const {
  return impl_->cluster_.now();
}
std::uint32_t Soc::num_harts() const {
  return impl_->cluster_.num_harts();
}
const HartState& Soc::hart(std::uint32_t hart) const {
  return impl_->cluster_.harts().at(hart);
}
std::vector<DeviceActivity> Soc::activities() const {
  return impl_->activities();
}
std::vector<RegisterValue> Soc::register_values(const std::string& name) const {
  return impl_->register_values(name);
}
std::string Soc::instruction_text(std::uint32_t pc) const {
  std::uint32_t word = 0;
  return impl_->host_memory_.read(pc, &word, sizeof word)
             ? isa::disassemble(isa::decode(word, impl_->config_.cluster.isa), pc)
             : "";
}
HartControl& Soc::hart_control() {
  return impl_->cluster_;
}
void Soc::poll_at(Cycles cycle) {
  impl_->cluster_.poll_at(cycle);
}
void Soc::sync() {
  impl_->cluster_.sync();
}
const StatGroup& Soc::stats() const {
  return impl_->stats_;
}

}  // namespace tessera
