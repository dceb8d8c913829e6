#include "app/settings.h"

#include <cstdio>
#include <memory>

#include "commands.h"

namespace isocenter {

void add_settings(CLI::App& app, Command& chosen) {
    auto toml = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand(
        "settings",
        "Print every setting with its default and meaning, as the configuration reference (Markdown)");
    command->add_flag("--toml", *toml, "As an annotated configuration file");
    command->callback([toml, &chosen] {
        chosen = [toml] {
            const std::string text = *toml ? app::settings_as_toml() : app::settings_as_markdown();
            std::fputs(text.c_str(), stdout);
            return 0;
        };
    });
}

}  // namespace isocenter
