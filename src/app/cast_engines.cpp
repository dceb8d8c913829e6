#include "app/cast_engines.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace isocenter::app {

Result<std::unique_ptr<CastEngines>> CastEngines::make(const Settings& settings, const Sides& sides,
                                                       const CastEngine::Wishes& wishes) {
    ISO_CHECK(check_targets_differ(settings));
    auto engines = std::make_unique<CastEngines>();
    std::vector<std::string> targets = further_targets(settings);
    targets.insert(targets.begin(), std::string(kDefaultTarget));
    if (std::find(targets.begin(), targets.end(), wishes.target) == targets.end())
        return no_such_target(wishes.target, std::move(targets));
    for (std::string& target : targets) {
        Member member{std::move(target), sides.make_feed(), nullptr};
        CastEngine::Wishes own{.lease = wishes.lease};
        if (member.target == wishes.target) own = wishes;
        own.target = member.target;
        ISO_TRY(member.engine, CastEngine::make(settings,
                                                {*member.feed, sides.archive, sides.studies, sides.entries,
                                                 sides.state, sides.metrics},
                                                own));
        engines->members_.push_back(std::move(member));
    }
    return engines;
}

Status CastEngines::check_servers(std::stop_token stop) {
    for (const Member& member : members_)
        ISO_CHECK(member.engine->check_server(stop));
    return {};
}

void CastEngines::run(std::stop_token stop) {
    std::vector<std::jthread> threads;
    for (const Member& member : members_)
        threads.emplace_back([&member, stop] { member.engine->run(stop); });
}

api::CastView CastEngines::view() {
    api::CastView view{members_.front().engine->engine(), members_.front().engine->state()};
    for (std::size_t at = 1; at < members_.size(); ++at)
        view.further.push_back(
            {members_[at].target, members_[at].engine->engine(), members_[at].engine->state()});
    return view;
}

fhir::Engine* CastEngines::find(std::string_view target) {
    const auto member = std::find_if(members_.begin(), members_.end(),
                                     [&](const Member& each) { return each.target == target; });
    return member == members_.end() ? nullptr : &member->engine->engine();
}

}  // namespace isocenter::app
