#include "app/cast.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/settings.h"
#include "base/log.h"
#include "commands.h"
#include "process.h"

namespace isocenter {
namespace {

struct CastOptions {
    std::string config;
    std::vector<std::string> set;
    std::string listen;
    std::int64_t from = -1;
};

Status cast(const CastOptions& options) {
    const sigset_t signals = block_stop_signals();
    ISO_TRY(app::Assignments overrides, assignments_of(options.set));
    if (!options.listen.empty()) overrides.emplace_back("cast.listen", options.listen);
    ISO_TRY(const app::Settings settings,
            app::load_settings(options.config, app::process_environment(), overrides));
    configure_log(app::log_level_of(settings.log_level));
    const auto from = options.from < 0 ? std::nullopt : std::optional<std::int64_t>(options.from);
    ISO_TRY(const std::unique_ptr<app::CastProcess> process, app::CastProcess::open(settings, from));
    std::printf("following %s\n", settings.dicomweb_endpoint.c_str());
    const std::string address = process->address();
    if (!address.empty()) std::printf("listening on %s\n", address.c_str());
    std::fflush(stdout);
    std::jthread work([&](std::stop_token stop) { process->run(stop); });
    int received = 0;
    sigwait(&signals, &received);
    work.request_stop();
    work.join();
    return {};
}

}  // namespace

void add_cast(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<CastOptions>();
    CLI::App* command =
        app.add_subcommand("cast", "Keep a FHIR server in step with the change feed of a DICOMweb server");
    command->add_option("--config", options->config, "Configuration file (see `isocenter settings --toml`)");
    command->add_option("--set", options->set, "Any setting: section.name=value (see `isocenter settings`)");
    command->add_option("--from", options->from, "Begin after this entry of the feed; 0: replay everything")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--listen", options->listen,
                        "Serve /cast, /health and /metrics there (127.0.0.1:8081)");
    add_cast_state(*command, chosen);
    command->callback([options, command, &chosen] {
        if (!command->get_subcommands().empty()) return;
        chosen = [options] {
            const Status status = cast(*options);
            if (status.ok()) return 0;
            std::fprintf(stderr, "isocenter: %s\n", status.error().message.c_str());
            return 2;
        };
    });
}

}  // namespace isocenter
