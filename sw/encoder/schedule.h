/* SPDX-License-Identifier: Apache-2.0
 * The schedule that `encoder` interprets, as sw/deploy/schedule.py writes it and the platform loads
 * it to WORKLOAD_ADDRESS. Words are little-endian, offsets are from the start of the image.
 *
 * A schedule is one queue of commands per engine. An engine executes its queue in order; a command
 * begins when the engines it waits for have completed so many commands. The whole runs `iterations`
 * times; all engines meet between iterations and counts start again from 0. */
#ifndef SW_ENCODER_SCHEDULE_H
#define SW_ENCODER_SCHEDULE_H

#include <stdint.h>

#define SCHEDULE_MAGIC 0x45534E45u /* "ENSE" as bytes */
#define SCHEDULE_VERSION 1u

enum {
  kMaxEngines = 16,
  kCommandWords = 14,
  kMaxArguments = 11,
  kMaxCopies = 3, /* transfers that the DMA's front-end holds */
  kMaxSpread = 4,
  kMaxWaitCount = 0xFFFFFF,
  kWaitEngineShift = 24,
};

/* The machine that a schedule was made for. */
struct ScheduleMachine {
  uint32_t num_harts;
  uint32_t harts_per_tile;
  uint32_t core_tiles_per_group;
  uint32_t num_groups;
  uint32_t banks_per_tile;
  uint32_t core_l1_bytes;
  uint32_t seq_bytes_per_hart;
  uint32_t num_itas;    /* with the job interface */
  uint32_t ita_flavour; /* PLATFORM_BLOCK_FLAVOUR_*; 0 without such ITAs */
};

struct ScheduleHeader {
  uint32_t magic;
  uint32_t version;
  uint32_t bytes; /* of the whole image */
  struct ScheduleMachine machine;
  uint32_t l1_begin; /* lowest L1 address of the plan; the firmware's own data lie below */
  uint32_t l2_end;   /* first address of L2 behind the plan */
  uint32_t iterations;
  uint32_t source_stride;      /* bytes; kFlagSourceAdvances */
  uint32_t destination_stride; /* bytes; kFlagDestinationAdvances */
  uint32_t report_offset;      /* struct ScheduleReport */
  uint32_t num_engines;
  uint32_t engines_offset; /* struct ScheduleEngine [num_engines]; engine 0 is the DMA */
};

enum EngineKind {
  kEngineDma,  /* one hart serves the DMA, and brings the commands of all engines to L1 */
  kEngineTeam, /* a leader hands commands to the workers of some tiles of its group */
  kEngineIta,  /* one hart issues the jobs of an ITA, another takes note of their ends */
};

struct ScheduleEngine {
  uint32_t kind;           /* enum EngineKind */
  uint32_t index;          /* team: its group; ITA: its number */
  uint32_t hart;           /* that reads the queue */
  uint32_t collector_hart; /* ITA: woken at the end of each job */
  /* Team: its workers are the harts of these tiles of the group that no engine has by number. */
  uint32_t first_tile;
  uint32_t num_tiles;
  uint32_t leader_works; /* team: 1 when the leader is worker 0 besides */
  uint32_t num_commands;
  uint32_t commands_offset; /* struct Command [num_commands] */
  uint32_t log_offset;      /* struct LogEntry [num_commands], of the last iteration */
  uint32_t ring_address;    /* in L1: struct Command [ring_commands] */
  uint32_t ring_commands;   /* a power of two, at least 2 */
};

/* Each kind of engine has its own opcodes. A team's are those of sw/kernels/kernels.h and
 * sw/encoder/moves.h. */
enum Opcode {
  kOpNothing = 0, /* DMA and team: only waits */
  kOpCopy = 1,    /* DMA: struct Copy [1..kMaxCopies] */
  kOpSpread = 2,  /* DMA: struct Spread */
  kOpJob = 1,     /* ITA: struct JobArguments */
};

enum CommandFlag {
  kFlagSourceAdvances = 1,      /* kOpCopy: sources, by iteration * source_stride */
  kFlagDestinationAdvances = 2, /* kOpCopy: destinations, by iteration * destination_stride */
  kFlagHold = 4,                /* kOpJob: starts together with the job after it */
  kFlagLayer = 8,               /* kOpJob: the context, that of four jobs before, holds other sizes,
                                   constants or activation */
};

/* Arguments are words 0, 1, ...; waits are the last word, the last but one, ... A wait: engine (its
 * place in the table) 31:24, completed commands 23:0. */
struct Command {
  uint16_t opcode;
  uint8_t operator_class; /* for the breakdown; the firmware does not look at it */
  uint8_t flags;
  uint16_t layer; /* the same */
  uint8_t num_waits;
  uint8_t num_arguments;
  uint32_t words[kCommandWords];
};

struct Copy {
  uint32_t destination;
  uint32_t source;
  uint32_t bytes;
};

/* Transfers to (or from) the banks of one ITA after the other, last one first, all at a time. */
struct Spread {
  struct Copy first;
  uint32_t count; /* 1..kMaxSpread */
  uint32_t destination_stride;
  uint32_t source_stride;
};

/* One tile step. Operands are offsets in the ITA's own banks; the rest are the job registers of
 * models/ita/job_interface_regs.h, with one requantisation for each half of the constants. */
struct JobArguments {
  uint16_t input;
  uint16_t weight;
  uint16_t next_weight;
  uint16_t bias;
  uint16_t output;
  uint16_t stream; /* CTRL_STREAM */
  uint16_t tiles;
  uint16_t engine;       /* CTRL_ENGINE */
  uint32_t requant_low;  /* Q, K, V, QK and Linear: mult 7:0, shift 15:8, add 23:16 */
  uint32_t requant_high; /* AV, OW, F1, F2: the same */
  uint32_t gelu;         /* GELU_B_C */
  uint32_t activation;   /* ACTIVATION_REQUANT */
};

/* Cycle counts of the machine, modulo 2^32. */
struct LogEntry {
  uint32_t start; /* all waits are over; of a job, it has been queued */
  uint32_t end;
};

struct ScheduleReport {
  uint32_t is_complete;
  uint32_t first_cycle; /* of the last iteration */
  uint32_t last_cycle;
  uint32_t total_cycles; /* of all iterations */
};

/* What encoder returns; it prints the reason with it. */
enum EncoderExit {
  kEncoderDone = 0,
  kEncoderWrongMagic = 10,
  kEncoderWrongVersion = 11,
  kEncoderWrongSize = 12,    /* of the image, or an offset that does not fit it */
  kEncoderOtherMachine = 13, /* the schedule is for another machine */
  kEncoderNoRoom = 14,       /* the firmware's own data reach into the plan */
  kEncoderWrongEngine = 15,  /* kind, hart, tiles, ring or device that this machine does not have */
  kEncoderWrongCommand = 16, /* opcode, wait or address that cannot be */
  kEncoderDeadlock = 17,     /* the engines would wait for each other for ever */
};

#endif
