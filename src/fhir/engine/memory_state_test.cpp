#include "fhir/engine/memory_state.h"

#include "fhir/engine/state_contract_test.h"

namespace isocenter::fhir {
namespace {

struct MemoryFixture {
    CheckpointStore& checkpoint() { return state; }
    DeadLetterStore& letters() { return state; }
    BackfillStore& backfills() { return state; }
    void reopen() {}
    MemoryState state;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StateContract, MemoryFixture);

}  // namespace
}  // namespace isocenter::fhir
