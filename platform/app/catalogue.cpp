// SPDX-License-Identifier: Apache-2.0
#include "platform/app/catalogue.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <systemc>

#include "models/base/error.h"
#include "platform/observe/stat_writer.h"

namespace tessera::app {

namespace {

bool always(const SocConfig& /*config*/) {
  return true;
}
bool has_accelerator_tiles(const SocConfig& config) {
  return config.cluster.tile_slots_per_group > config.cluster.core_tiles_per_group;
}
bool has_ita_jobs(const SocConfig& config) {
  return config.ita.count > 0 && config.ita.interface == ItaInterface::kJob;
}
bool has_ita_operand_blocks(const SocConfig& config) {
  return config.ita.count > 0 && config.ita.interface == ItaInterface::kOperandBlock;
}
bool has_attention_engine(const SocConfig& config) {
  return config.attention_engine.is_there;
}
bool has_fence_i(const SocConfig& config) {
  return config.cluster.isa.fence_i;
}

struct Assumption {
  bool (*concerns)(const SocConfig&);
  const char* name;
  const char* text;
  const char* page;
};

/// One place for the choices that are ours because the hardware's source is not public.
constexpr std::array kAssumptions{
    Assumption{has_accelerator_tiles, "soc.cluster.tile_slots_per_group",
               "ITAs take the tile slots behind the core tiles of a group", "README.md"},
    Assumption{
        has_accelerator_tiles, "soc.cluster.l1",
        "each accelerator tile owns a region above the L1 of the core tiles, interleaved over "
        "its own banks",
        "models/memory/README.md"},
    Assumption{has_fence_i, "soc.cluster.isa.fence_i",
               "the harts decode fence.i, which MemPool's RTL does not", "models/isa/README.md"},
    Assumption{always, "soc.dma.transfers_outside_l1",
               "a transfer with no side in L1 is moved by one back-end", "models/dma/README.md"},
    Assumption{always, "soc.dma.functional_transfers",
               "in cycle timing, what the RTL cannot move waits until nothing else is under way, "
               "and takes as long as in functional timing",
               "models/dma/README.md"},
    Assumption{has_accelerator_tiles, "soc.dma.accelerator_banks",
               "the banks of an accelerator tile are served by the first back-end of their group",
               "models/dma/README.md"},
    Assumption{always, "soc.platform_block",
               "a register block at 0x40040000, where MemPool decodes nothing, tells programs the "
               "machine",
               "models/periph/README.md"},
    Assumption{has_ita_jobs, "soc.ita.reach", "an ITA reads and writes only its own region of L1",
               "models/ita/README.md"},
    Assumption{
        has_ita_jobs, "soc.ita.banks",
        "an ITA's access takes all its banks at once, in turns with harts and DMA "
        "(soc.ita.arbitration); every access claims the whole width of the port, and answers "
        "in the next cycle",
        "models/ita/README.md"},
    Assumption{has_ita_jobs, "soc.ita.events",
               "the event of a job wakes its hart as late as a write of a wake-up register would",
               "models/ita/README.md"},
    Assumption{has_ita_jobs, "soc.ita.registers",
               "instance i is at 0x40020000 + i * 0x1000; WAKE_HART makes a job's end a wake-up "
               "pulse, as there are no interrupts",
               "models/ita/README.md"},
    Assumption{has_ita_jobs, "soc.ita.FINISHED",
               "the encodings of FINISHED, STATUS and RUNNING_JOB, and what SOFT_CLEAR clears, "
               "follow the names in the public sources",
               "models/ita/README.md"},
    Assumption{has_ita_operand_blocks, "soc.ita.operand_block",
               "the RTL that joined ITA to MemPool is not public; registers and layout are those "
               "that Deeploy's programs use",
               "models/ita/README.md"},
    Assumption{has_attention_engine, "soc.attention_engine.preset",
               "sizes of the register files, units and fills of soc64 are a proposal; what is "
               "published and what is fitted stands at the presets",
               "models/attention_engine/README.md"},
    Assumption{has_attention_engine, "soc.attention_engine.port",
               "the bursts of its AXI masters go to them in turn and are put in order again; "
               "descriptors and maps are read without bus cycles",
               "models/attention_engine/README.md"},
    Assumption{has_ita_operand_blocks, "soc.ita.operand_block.fetch",
               "in cycle timing each ITA is an AXI master of its group with two bursts under way, "
               "and reaches any bank of L1 in one cycle; operands and tables in L2 or L1 only",
               "models/ita/README.md"},
};

struct Model {
  const char* name;  ///< indices as [*]
  const char* text;
  const char* page;
  bool has_parts = false;  ///< its page describes what is below it, too
};

constexpr std::array kModels{
    Model{"soc.cluster", "all harts, run in turns by one process", "models/core/README.md"},
    Model{"soc.cluster.group[*].tile[*].core[*]", "one RV32IMA hart", "models/isa/README.md"},
    Model{"soc.cluster.group[*].tile[*].core[*].stalled", "why it did not issue, cycle timing",
          "models/core/README.md"},
    Model{"soc.cluster.harts", "pipelines of all harts, cycle timing", "models/core/README.md"},
    Model{"soc.cluster.instruction_caches", "L0 of the harts and L1 of the tiles, cycle timing",
          "models/core/README.md", true},
    Model{"soc.cluster.l1_network", "from harts to banks and back, cycle timing",
          "models/interconnect/README.md", true},
    Model{"soc.soc_path", "from tiles to L2 and devices and back, cycle timing",
          "models/axi/README.md", true},
    Model{"soc.cluster.l1", "the shared L1: banks, atomics, reservations",
          "models/memory/README.md"},
    Model{"soc.l1_target", "L1 as the bus sees it, unscrambled", "models/memory/README.md"},
    Model{"soc.ita[*]", "Integer Transformer Accelerator", "models/ita/README.md", true},
    Model{"soc.ita", "register block of all ITAs, operand-block interface", "models/ita/README.md"},
    Model{"soc.attention_engine", "tile-sparse attention", "models/attention_engine/README.md"},
    Model{"soc.axi", "the bus of the SoC side", "models/axi/README.md"},
    Model{"soc.dma", "DMA between L1 and L2", "models/dma/README.md"},
    Model{"soc.l2", "L2 memory", "models/memory/README.md"},
    Model{"soc.boot_rom", "boot ROM", "models/memory/README.md"},
    Model{"soc.boot_host", "the host that wakes the harts", "models/periph/README.md"},
    Model{"soc.control", "end of computation, wake-up, sizes", "models/periph/README.md"},
    Model{"soc.uart", "console", "models/periph/README.md"},
    Model{"soc.platform_block", "tells programs the machine; regions of interest",
          "models/periph/README.md"},
    Model{"soc.external_bridge", "harts' way to other TLM-2.0 models", "models/tlm/README.md"},
    Model{"soc.debug_bus", "the loader's way to the bus", "models/tlm/README.md"},
    Model{"soc.host_bus", "the boot host's way to the bus", "models/tlm/README.md"},
    Model{"soc.dma_bus", "the DMA's way to the bus", "models/tlm/README.md"},
    Model{"soc.ita_bus", "the operand blocks' way to the bus", "models/tlm/README.md"},
    Model{"soc.attention_engine_bus", "the attention engine's way to the bus",
          "models/tlm/README.md"},
};

/// Every module of the machine, and every part that counts something.
std::set<std::string> instances(const Soc& soc) {
  std::set<std::string> names;
  for (const sc_core::sc_object* child : sc_core::sc_find_object("soc")->get_child_objects()) {
    if (dynamic_cast<const sc_core::sc_module*>(child) != nullptr) {
      names.insert(child->name());
    }
  }
  soc.stats().visit(
      [&](const std::string& path, const Stat&) { names.insert(path.substr(0, path.rfind('.'))); });
  return names;
}

/// Takes out what `model` describes; whether there was any.
bool erase(std::set<std::string>& names, const Model& model) {
  std::size_t erased = names.erase(model.name);
  const std::string parts = std::string(model.name) + ".";
  for (auto name = names.lower_bound(parts);
       model.has_parts && name != names.end() && name->rfind(parts, 0) == 0; ++erased) {
    name = names.erase(name);
  }
  return erased > 0;
}

}  // namespace

std::string modelling_assumptions(const SocConfig& config) {
  std::string out;
  for (const Assumption& assumption : kAssumptions) {
    if (assumption.concerns(config)) {
      out += fmt::format("{}\n    assumption: {} ({})\n", assumption.name, assumption.text,
                         assumption.page);
    }
  }
  return out;
}

std::string models_of(const Soc& soc) {
  std::set<std::string> names;
  for (const std::string& instance : instances(soc)) {
    names.insert(without_indices(instance));
  }
  std::string out;
  for (const Model& model : kModels) {
    if (erase(names, model)) {
      out += fmt::format("{:<43} {:<55} {}\n", model.name, model.text, model.page);
    }
  }
  TESSERA_CHECK(names.empty(), "'{}' has no entry in the list of models", *names.begin());
  return out;
}

std::vector<std::string> log_names(const Soc& soc) {
  const std::set<std::string> names = instances(soc);
  std::vector<std::string> all(names.begin(), names.end());
  all.insert(all.end(), {"soc", "elf_loader", "guest_errors"});
  return all;
}

}  // namespace tessera::app
