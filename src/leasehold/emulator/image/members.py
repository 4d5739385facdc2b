"""The calls about whom an image is shared with."""

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.image.changes import forbidden
from leasehold.emulator.image.images import Images
from leasehold.emulator.image.records import Image, Member, member_view

_STATUSES = ("pending", "accepted", "rejected")


class ImageMembers:
    """``/v2/images/ID/members``: kept by the image's owner, answered by the member."""

    def __init__(self, images: Images, router: Router) -> None:
        self._images = images
        path = "/v2/images/{id}/members"
        router.add("GET", path, self._list)
        router.add("POST", path, self._add)
        router.add("GET", f"{path}/{{member}}", self._show)
        router.add("PUT", f"{path}/{{member}}", self._answer)
        router.add("DELETE", f"{path}/{{member}}", self._remove)

    def _list(self, request: Request) -> Response:
        image = self._shared_image(request, "list")
        caller = Caller.of(request)
        seen = [
            member_view(member)
            for member in self._images.members(image.id)
            if caller.admin or caller.project_id in (image.owner, member.member_id)
        ]
        return Response(200, {"members": seen, "schema": "/v2/schemas/members"})

    def _show(self, request: Request) -> Response:
        image = self._image(request)
        return Response(200, member_view(self._find(image, request)))

    def _add(self, request: Request) -> Response:
        body = request.json()
        member_id = body.get("member") if isinstance(body, dict) else None
        if not isinstance(member_id, str) or not member_id:
            raise Fault(400, "Member to be added not specified")
        image = self._shared_image(request, "create")
        self._images.check_owner(image, Caller.of(request), "add_member")
        if self._images.member(image.id, member_id) is not None:
            raise Fault(409, f"Member {member_id} is duplicated for image {image.id}")
        return Response(200, member_view(self._images.put_member(image.id, member_id)))

    def _answer(self, request: Request) -> Response:
        """Only the member itself accepts or rejects."""
        body = request.json()
        status = body.get("status") if isinstance(body, dict) else None
        if status not in _STATUSES:
            raise Fault(
                400, 'Incorrect request: Status must be "pending", "accepted" or "rejected".'
            )
        image = self._image(request)
        member = self._find(image, request)
        caller = Caller.of(request)
        if not caller.admin and caller.project_id != member.member_id:
            raise forbidden("modify_member")
        changed = self._images.put_member(image.id, member.member_id, status)
        return Response(200, member_view(changed))

    def _remove(self, request: Request) -> Response:
        image = self._image(request)
        member = self._find(image, request)
        self._images.check_owner(image, Caller.of(request), "delete_member")
        self._images.remove_member(member)
        return Response(204)

    def _image(self, request: Request) -> Image:
        return self._images.find(
            request.params["id"], Caller.of(request), message="Image {id} not found."
        )

    def _shared_image(self, request: Request, verb: str) -> Image:
        image = self._image(request)
        if image.visibility != "shared":
            reason = ": Only shared images have members" if verb == "list" else ""
            raise Fault(403, f"Not allowed to {verb} members for image {image.id}{reason}.")
        return image

    def _find(self, image: Image, request: Request) -> Member:
        member_id = request.params["member"]
        member = self._images.member(image.id, member_id)
        caller = Caller.of(request)
        may_see = caller.admin or caller.project_id in (image.owner, member_id)
        if member is None or not may_see:
            raise Fault(404, f"{member_id} not found in the member list of the image {image.id}.")
        return member
