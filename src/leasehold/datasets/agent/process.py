"""The agent as a process: from its configuration to its end by a signal."""

import signal
import sys
from pathlib import Path

import structlog

from leasehold.datasets.agent.agent import Agent
from leasehold.datasets.agent.config import AgentConfig
from leasehold.datasets.agent.control import Control
from leasehold.datasets.agent.docker import DockerVolumes
from leasehold.datasets.agent.memory import Memory
from leasehold.datasets.agent.plugin_socket import PluginSocket
from leasehold.datasets.agent.server_id import server_id

_log = structlog.get_logger()


def serve(config: AgentConfig, *, obey_anew: bool = False) -> None:
    """Run until SIGTERM or Ctrl-C. Raises `AgentError` for what keeps it from starting."""
    control = Control(config)
    memory = Memory(config.state)
    try:
        if obey_anew:
            memory.obey(None)
        own_id = server_id(config.server_id, config.metadata_url)
        agent = Agent(config, control, memory, own_id)
        plugin = None
        if config.docker_socket:
            volumes = DockerVolumes(agent, config.docker_patience)
            plugin = PluginSocket(Path(config.docker_socket), volumes)
            plugin.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: agent.stop())
        _log.info("agent.started", service=control.service, server=own_id)
        if control.is_exposed:
            _log.warning("agent.token_in_plain", service=control.service, better="https")
        print(f"agent of server {own_id} for {control.service}", flush=True)
        try:
            agent.run()
        finally:
            if plugin is not None:
                plugin.stop()
    finally:
        memory.close()


def configure_logs() -> None:
    """JSON lines on stderr, which the journal keeps."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
