#include "app/cast_local_entries.h"

#include "app/cast_local.h"

namespace isocenter::app {
namespace {

namespace classic = fhir::classic;

classic::Action action_of(index::Action action) {
    switch (action) {
        case index::Action::create:
            return classic::Action::create;
        case index::Action::update:
            return classic::Action::update;
        case index::Action::remove:
            return classic::Action::remove;
    }
    return classic::Action::create;
}

}  // namespace

fhir::Attempt<std::optional<classic::Entry>> LocalEntrySource::entry(std::int64_t sequence) {
    index::ChangeQuery query;
    query.after = sequence - 1;
    query.up_to = sequence;
    query.limit = 1;
    const auto changes = archive_.changes(query);
    if (!changes) return fhir::failed(failure_of_local(changes.error()));
    if (changes->empty()) return std::optional<classic::Entry>();
    const index::Change& change = changes->front();
    classic::Entry entry{change.sequence,
                         action_of(change.action),
                         change.state == index::State::deleted,
                         std::string(change.key.study.str()),
                         std::string(change.key.series.str()),
                         std::string(change.key.instance.str()),
                         {}};
    if (change.document) {
        auto data_set = data_set_of(*change.document);
        if (!data_set)
            return fhir::failed(fhir::FailureKind::unusable, "the archive: " + data_set.error().message);
        entry.metadata = *std::move(data_set);
    }
    return std::optional<classic::Entry>(std::move(entry));
}

}  // namespace isocenter::app
