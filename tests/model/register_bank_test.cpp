// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/register_bank.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

class RegisterBankTest : public testing::Test {
 protected:
  RegisterBankTest() {
    registers_.add("CTRL", 0x0, RegisterMode::kReadWrite, 0x1)
        .flag(0, "ENABLE")
        .field(4, 4, "MODE")
        .reserved(1, 3)
        .reserved(8, 24);
    registers_.add_word("ID", 0x4, RegisterMode::kReadOnly, 0xABCD1234);
    registers_.check_complete();
  }
  RegisterBank registers_{"dut", 0xFFFFFFFF};
  RegisterAccess access_;
};

TEST_F(RegisterBankTest, ReservedBitsReadZeroAndIgnoreWrites) {
  registers_.write(0x0, 0xFFFFFFFF, access_);
  EXPECT_EQ(registers_.read(0x0, access_), 0xF1u);
  registers_.reset();
  EXPECT_EQ(registers_.read(0x0, access_), 0x1u);
}

TEST_F(RegisterBankTest, PartsOfAWordCanBeReadButNotWritten) {
  std::uint8_t byte = 0;
  ::tlm::tlm_generic_payload trans;
  trans.set_command(::tlm::TLM_READ_COMMAND);
  trans.set_address(0x5);
  trans.set_data_ptr(&byte);
  trans.set_data_length(1);
  registers_.transport(trans, 0);
  EXPECT_TRUE(trans.is_response_ok());
  EXPECT_EQ(byte, 0x12);
  trans.set_command(::tlm::TLM_WRITE_COMMAND);
  registers_.transport(trans, 0);
  EXPECT_EQ(trans.get_response_status(), ::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
}

TEST_F(RegisterBankTest, DebugReadsHaveNoSideEffect) {
  int reads = 0;
  registers_.add_word("POP", 0x8).on_read([&](const RegisterAccess&) { ++reads; });
  EXPECT_EQ(registers_.debug_read(0x8, 0), 0u);
  EXPECT_EQ(reads, 0);
  registers_.read(0x8, access_);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(registers_.debug_read(0x40, 0), 0xFFFFFFFFu);
}

TEST_F(RegisterBankTest, ListsWhatADebuggerShows) {
  int reads = 0;
  registers_.add_word("POP", 0x8).on_read([&](const RegisterAccess&) { ++reads; });
  registers_.add_word("START", 0xC, RegisterMode::kWriteOnly);
  const std::vector<RegisterValue> values = registers_.values(0);
  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[1].name, "ID");
  EXPECT_EQ(values[1].offset, 0x4u);
  EXPECT_EQ(values[1].value, 0xABCD1234u);
  EXPECT_EQ(values[3].value, std::nullopt);
  EXPECT_EQ(reads, 0);
}

TEST(RegisterBankDeathTest, UndeclaredBitsAreOurBug) {
  RegisterBank registers("dut", 0);
  registers.add("CTRL", 0x0).flag(0, "ENABLE");
  EXPECT_EXIT(registers.check_complete(), testing::ExitedWithCode(7), "undeclared bits 0xfffffffe");
}

}  // namespace
}  // namespace tessera
