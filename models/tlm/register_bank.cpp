// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/register_bank.h"

#include <cstring>

#include "models/base/error.h"
#include "models/tlm/payload_ext.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBytes = 4;

constexpr std::uint32_t field_mask(unsigned lsb, unsigned width) {
  return (width == 32 ? 0xFFFFFFFFu : (1u << width) - 1) << lsb;
}

RegisterAccess access_of(const ::tlm::tlm_generic_payload& trans, Cycles cycle) {
  RegisterAccess access;
  access.cycle = cycle;
  if (const auto* initiator = trans.get_extension<InitiatorExtension>()) {
    access.hart = initiator->hart;
    access.pc = initiator->pc;
  }
  return access;
}
}  // namespace

Register::Register(std::string name, std::uint32_t offset, RegisterMode mode, std::uint32_t reset)
    : value(reset), name_(std::move(name)), offset_(offset), mode_(mode), reset_(reset) {}

Register& Register::field(unsigned lsb, unsigned width, const std::string& name) {
  TESSERA_CHECK(width > 0 && lsb + width <= 32, "{}.{}: bits {}+{}", name_, name, lsb, width);
  TESSERA_CHECK((declared_mask() & field_mask(lsb, width)) == 0, "{}.{}: bits declared twice",
                name_, name);
  fields_.push_back({lsb, width, name});
  return *this;
}

Register& Register::reserved(unsigned lsb, unsigned width) {
  return field(lsb, width, "");
}

Register& Register::value_from(std::function<std::uint32_t(Cycles)> value_function) {
  value_from_ = std::move(value_function);
  return *this;
}

Register& Register::on_read(std::function<void(const RegisterAccess&)> handler) {
  on_read_ = std::move(handler);
  return *this;
}

Register& Register::on_write(WriteHandler handler) {
  on_write_ = std::move(handler);
  return *this;
}

std::uint32_t Register::declared_mask() const {
  std::uint32_t mask = 0;
  for (const Field& field : fields_) {
    mask |= field_mask(field.lsb, field.width);
  }
  return mask;
}

std::uint32_t Register::named_mask() const {
  std::uint32_t mask = 0;
  for (const Field& field : fields_) {
    mask |= field.name.empty() ? 0 : field_mask(field.lsb, field.width);
  }
  return mask;
}

std::uint32_t Register::read_value(Cycles cycle) const {
  if (mode_ == RegisterMode::kWriteOnly) {
    return 0;
  }
  return value_from_ ? value_from_(cycle) : value;
}

Register& RegisterBank::add(const std::string& name, std::uint32_t offset, RegisterMode mode,
                            std::uint32_t reset) {
  TESSERA_CHECK(offset % kWordBytes == 0, "{}.{}: offset {:#x}", name_, name, offset);
  const auto [place, is_new] = registers_.try_emplace(offset, name, offset, mode, reset);
  TESSERA_CHECK(is_new, "{}: {} and {} share offset {:#x}", name_, name, place->second.name(),
                offset);
  return place->second;
}

Register& RegisterBank::add_word(const std::string& name, std::uint32_t offset, RegisterMode mode,
                                 std::uint32_t reset) {
  return add(name, offset, mode, reset).field(0, 32, name);
}

void RegisterBank::check_complete() const {
  for (const auto& [offset, reg] : registers_) {
    TESSERA_CHECK(reg.declared_mask() == 0xFFFFFFFFu, "{}.{}: undeclared bits {:#010x}", name_,
                  reg.name(), ~reg.declared_mask());
  }
}

void RegisterBank::reset() {
  for (auto& [offset, reg] : registers_) {
    reg.value = reg.reset_;
  }
}

std::uint32_t RegisterBank::read(std::uint32_t offset, const RegisterAccess& access) {
  const auto place = registers_.find(offset);
  if (place == registers_.end()) {
    return unmapped_value_;
  }
  if (place->second.on_read_) {
    place->second.on_read_(access);
  }
  return place->second.read_value(access.cycle);
}

void RegisterBank::write(std::uint32_t offset, std::uint32_t value, const RegisterAccess& access) {
  const auto place = registers_.find(offset);
  if (place == registers_.end() || place->second.mode_ == RegisterMode::kReadOnly) {
    return;
  }
  Register& reg = place->second;
  reg.value = value & reg.named_mask();
  if (reg.on_write_) {
    reg.on_write_(reg.value, access);
  }
}

std::uint32_t RegisterBank::debug_read(std::uint32_t offset, Cycles cycle) const {
  const auto place = registers_.find(offset);
  return place == registers_.end() ? unmapped_value_ : place->second.read_value(cycle);
}

std::vector<RegisterValue> RegisterBank::values(Cycles cycle) const {
  std::vector<RegisterValue> values;
  for (const auto& [offset, reg] : registers_) {
    const bool is_readable = reg.mode_ != RegisterMode::kWriteOnly;
    values.push_back(
        {reg.name(), offset, is_readable ? std::optional(reg.read_value(cycle)) : std::nullopt});
  }
  return values;
}

void RegisterBank::transport(::tlm::tlm_generic_payload& trans, Cycles cycle) {
  const auto offset = static_cast<std::uint32_t>(trans.get_address());
  const std::uint32_t word = offset & ~(kWordBytes - 1);
  const std::uint32_t shift = offset - word;
  const unsigned bytes = trans.get_data_length();
  if (trans.get_byte_enable_ptr() != nullptr || shift + bytes > kWordBytes ||
      (trans.is_write() && bytes != kWordBytes)) {
    trans.set_response_status(::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  const RegisterAccess access = access_of(trans, cycle);
  if (trans.is_write()) {
    std::uint32_t value = 0;
    std::memcpy(&value, trans.get_data_ptr(), kWordBytes);
    write(word, value, access);
  } else if (trans.is_read()) {
    const std::uint32_t value = read(word, access) >> (8 * shift);
    std::memcpy(trans.get_data_ptr(), &value, bytes);
  }
  trans.set_response_status(::tlm::TLM_OK_RESPONSE);
}

unsigned RegisterBank::transport_dbg(::tlm::tlm_generic_payload& trans, Cycles cycle) const {
  if (!trans.is_read()) {
    return 0;
  }
  const auto start = static_cast<std::uint32_t>(trans.get_address());
  for (unsigned i = 0; i < trans.get_data_length(); ++i) {
    const std::uint32_t offset = start + i;
    const std::uint32_t value = debug_read(offset & ~(kWordBytes - 1), cycle);
    trans.get_data_ptr()[i] = static_cast<unsigned char>(value >> (8 * (offset % kWordBytes)));
  }
  return trans.get_data_length();
}

}  // namespace tessera
