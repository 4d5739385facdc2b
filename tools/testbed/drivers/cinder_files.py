"""A cinder backend that keeps each volume and snapshot as a sparse file."""

import io
import subprocess
from pathlib import Path

from cinder import interface
from cinder.volume import configuration, driver
from oslo_config import cfg

OPTS = [cfg.StrOpt("testbed_volume_dir")]
cfg.CONF.register_opts(OPTS, group=configuration.SHARED_CONF_GROUP)


@interface.volumedriver
class TestbedVolumeDriver(driver.VolumeDriver):
    VERSION = "1.0"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(OPTS)
        self.dir = Path(self.configuration.testbed_volume_dir)

    def check_for_setup_error(self):
        self.dir.mkdir(parents=True, exist_ok=True)

    def _path(self, volume_or_snapshot):
        return self.dir / getattr(volume_or_snapshot, "name_id", volume_or_snapshot.id)

    def _make(self, path, size_gib, source=None):
        if source:
            subprocess.run(["cp", "--sparse=always", source, path], check=True)
        with path.open("ab") as file:
            file.truncate(size_gib << 30)

    def create_volume(self, volume):
        self._make(self._path(volume), volume.size)

    def delete_volume(self, volume):
        self._path(volume).unlink(missing_ok=True)

    def extend_volume(self, volume, new_size):
        self._make(self._path(volume), new_size)

    def create_snapshot(self, snapshot):
        self._make(self._path(snapshot), snapshot.volume_size, self._path(snapshot.volume))

    def delete_snapshot(self, snapshot):
        self._path(snapshot).unlink(missing_ok=True)

    def create_volume_from_snapshot(self, volume, snapshot):
        self._make(self._path(volume), volume.size, self._path(snapshot))

    def create_cloned_volume(self, volume, src_vref):
        self._make(self._path(volume), volume.size, self._path(src_vref))

    def revert_to_snapshot(self, context, volume, snapshot):
        self._make(self._path(volume), volume.size, self._path(snapshot))

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        with self._path(volume).open("wb") as file:
            image_service.download(context, image_meta["id"], file)
        self._make(self._path(volume), volume.size)
        return {}, True

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        path = self._path(volume)  # trailing zeros are not uploaded
        with path.open("rb") as file:
            data = file.read(min(volume.size << 30, path.stat().st_blocks * 512 + 1024))
        image_service.update(context, image_meta["id"], {}, io.BytesIO(data))

    def ensure_export(self, context, volume):
        pass

    def create_export(self, context, volume, connector):
        pass

    def remove_export(self, context, volume):
        pass

    def initialize_connection(self, volume, connector):
        data = {"device_path": str(self._path(volume)), "access_mode": "rw"}
        return {"driver_volume_type": "testbed", "data": data}

    def terminate_connection(self, volume, connector, **kwargs):
        pass

    def _update_volume_stats(self):
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "testbed",
            "driver_version": self.VERSION,
            "storage_protocol": "file",
            "total_capacity_gb": "infinite",
            "free_capacity_gb": "infinite",
            "reserved_percentage": 0,
            "multiattach": True,
            "thin_provisioning_support": True,
        }
