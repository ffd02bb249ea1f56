#include "skills/lookalike.h"

#include <algorithm>
#include <vector>

#include "policy/canonical_path.h"

namespace hs::skills {

namespace {

// Often installed, and therefore imitated. Names that are near each other are all in the list, so
// that none of them counts as an imitation of another.
constexpr std::string_view packages[] = {"aiohttp",
                                         "anthropic",
                                         "apscheduler",
                                         "argparse",
                                         "asyncio",
                                         "axios",
                                         "babel",
                                         "beautifulsoup4",
                                         "black",
                                         "boto",
                                         "boto3",
                                         "botocore",
                                         "bs4",
                                         "certifi",
                                         "chalk",
                                         "cheerio",
                                         "click",
                                         "colorama",
                                         "colors",
                                         "commander",
                                         "cryptography",
                                         "dateutil",
                                         "debug",
                                         "discord.py",
                                         "django",
                                         "docker",
                                         "dotenv",
                                         "electron",
                                         "esbuild",
                                         "eslint",
                                         "ethers",
                                         "express",
                                         "fastapi",
                                         "feedparser",
                                         "flask",
                                         "fs-extra",
                                         "glob",
                                         "google-auth",
                                         "gunicorn",
                                         "httpx",
                                         "httpx2",
                                         "inquirer",
                                         "jinja2",
                                         "jquery",
                                         "jsonschema",
                                         "langchain",
                                         "lodash",
                                         "lodash-es",
                                         "lxml",
                                         "markdown",
                                         "marked",
                                         "matplotlib",
                                         "minimist",
                                         "moment",
                                         "mongoose",
                                         "mypy",
                                         "nodemon",
                                         "numpy",
                                         "openai",
                                         "opencv-python",
                                         "openpyxl",
                                         "pandas",
                                         "paramiko",
                                         "pdfplumber",
                                         "pillow",
                                         "playwright",
                                         "prettier",
                                         "preact",
                                         "psutil",
                                         "psycopg",
                                         "psycopg2",
                                         "puppeteer",
                                         "pycryptodome",
                                         "pydantic",
                                         "pyjwt",
                                         "pymongo",
                                         "pymysql",
                                         "pynput",
                                         "pypdf",
                                         "pypdf2",
                                         "pytest",
                                         "python-dateutil",
                                         "python-dotenv",
                                         "pytz",
                                         "pyyaml",
                                         "react",
                                         "react-dom",
                                         "redis",
                                         "ioredis",
                                         "request",
                                         "requests",
                                         "rich",
                                         "rimraf",
                                         "ruamel.yaml",
                                         "scikit-learn",
                                         "scipy",
                                         "selenium",
                                         "semver",
                                         "setuptools",
                                         "sharp",
                                         "simplejson",
                                         "six",
                                         "socket.io",
                                         "sqlalchemy",
                                         "tensorflow",
                                         "tensorboard",
                                         "tiktoken",
                                         "torch",
                                         "torchvision",
                                         "tqdm",
                                         "transformers",
                                         "typescript",
                                         "typer",
                                         "undici",
                                         "urllib3",
                                         "uuid",
                                         "uvicorn",
                                         "virtualenv",
                                         "webpack",
                                         "websockets",
                                         "websocket",
                                         "web3",
                                         "yargs",
                                         "yarn",
                                         "youtube-dl",
                                         "yt-dlp",
                                         "zod"};

std::string without_separators(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c != '-' && c != '_' && c != '.') out += c;
    }
    return out;
}

// The letters as an eye may take them: 0 and o, 1 and l, rn and m.
std::string as_seen(std::string_view name) {
    std::string folded = policy::folded_name(name);
    std::string out;
    for (std::size_t i = 0; i < folded.size(); ++i) {
        const char c = folded[i];
        if (c == '0') {
            out += 'o';
        } else if (c == '1' || c == 'i' || c == '|') {
            out += 'l';
        } else if (c == 'r' && i + 1 < folded.size() && folded[i + 1] == 'n') {
            out += 'm';
            ++i;
        } else if (c == 'v' && i + 1 < folded.size() && folded[i + 1] == 'v') {
            out += 'w';
            ++i;
        } else if (c == '5') {
            out += 's';
        } else {
            out += c;
        }
    }
    return out;
}

bool ends_in_version(std::string_view name, std::string_view other) {
    const auto base_of = [](std::string_view text) {
        while (!text.empty() && text.back() >= '0' && text.back() <= '9') text.remove_suffix(1);
        return text;
    };
    return base_of(name) == base_of(other);
}

}  // namespace

std::size_t slips_between(std::string_view left, std::string_view right, std::size_t most) {
    const std::size_t apart =
        left.size() > right.size() ? left.size() - right.size() : right.size() - left.size();
    if (apart > most) return most + 1;
    std::vector<std::vector<std::size_t>> rows(left.size() + 1,
                                               std::vector<std::size_t>(right.size() + 1));
    for (std::size_t i = 0; i <= left.size(); ++i) {
        for (std::size_t j = 0; j <= right.size(); ++j) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            const std::size_t differs = left[i - 1] == right[j - 1] ? 0 : 1;
            rows[i][j] =
                std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
            }
        }
    }
    return std::min(rows[left.size()][right.size()], most + 1);
}

bool looks_like(std::string_view name, std::string_view other) {
    if (name == other || name.size() > 128 || other.size() > 128) return false;
    if (without_separators(name) == without_separators(other)) return true;
    if (as_seen(name) == as_seen(other)) return true;
    if (std::min(name.size(), other.size()) <= 4 || ends_in_version(name, other)) return false;
    return slips_between(name, other, 1) <= 1;
}

std::string_view imitated_package(std::string_view name) {
    if (std::find(std::begin(packages), std::end(packages), name) != std::end(packages)) return {};
    const std::string plain = without_separators(name);
    for (const std::string_view package : packages) {
        // A dash that comes or goes is how people write the same name, not a trap.
        if (plain == without_separators(package)) return {};
    }
    for (const std::string_view package : packages) {
        if (package.size() >= 5 && looks_like(name, package)) return package;
    }
    return {};
}

}  // namespace hs::skills
