"""Plays the lecture story by what the server tells of itself: no file of ours, only reflection.

Called with host:port and a name that nobody else has; prints what it saw as JSON, one line for each step.
"""

import json
import sys
import time
import uuid

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

address, student = sys.argv[1:]
channel = grpc.insecure_channel(address)
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)


def call(service, method, fields=None, metadata=()):
    described = pool.FindServiceByName(service).FindMethodByName(method)
    request = json_format.ParseDict(fields or {}, GetMessageClass(described.input_type)())
    answer = GetMessageClass(described.output_type)
    ask = channel.unary_unary(
        f"/{service}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )
    return json_format.MessageToDict(ask(request, timeout=15, metadata=metadata))


def tell(step, seen):
    print(json.dumps({"step": step, "seen": seen}, ensure_ascii=False))


def refusal(service, method, fields):
    try:
        return call(service, method, fields)
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata())
        problem = json.loads(trailers["problem-bin"])
        return {"code": error.code().name, "detail": error.details(), "problem": problem}


def until(look, is_there):
    end = time.time() + 30
    seen = look()
    while not is_there(seen) and time.time() < end:
        time.sleep(0.1)
        seen = look()
    return seen


CLASSES = "madang.lecture.v1.ClassService"
tell("services", sorted(database.get_services()))
tell("health", call("grpc.health.v1.Health", "Check", {"service": CLASSES}))

body = {"courseId": "1", "fee": "10000", "student": student, "textBook": "국어"}
once = (("idempotency-key", str(uuid.uuid4())),)
made = call(CLASSES, "PostClasses", {"body": body}, once)
tell("enrolled", made)
tell("enrolled again with the same key", call(CLASSES, "PostClasses", {"body": body}, once))
tell("read", call(CLASSES, "GetClassesId", {"id": made["id"]}))


def page():
    rows = call(CLASSES, "GetInquiryMypagesSearchFindByClassId", {"classId": made["id"]})
    return (rows.get("inquiryMypages") or [{}])[0]


tell("my page", until(page, lambda row: row.get("deliveryStatus") is not None))
tell("cancelled", call(CLASSES, "DeleteClassesId", {"id": made["id"]}))
tell("read after that", refusal(CLASSES, "GetClassesId", {"id": made["id"]}))
tell("without a student", refusal(CLASSES, "PostClasses", {"body": {"courseId": "1", "fee": "-1"}}))
