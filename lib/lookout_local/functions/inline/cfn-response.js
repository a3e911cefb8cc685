// What code that stands in a template answers CloudFormation with: the same functions as the module that Lambda has.
"use strict";

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

/** Answers an event and ends the invocation. Without a physical id the resource has the name of the log stream. */
exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) => {
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  console.log("Response body:\n", body);
  fetch(event.ResponseURL, { method: "PUT", headers: { "content-type": "" }, body })
    .then((answered) => console.log("Status code:", answered.status))
    .catch((error) => console.log("send(..) failed executing the request:", error))
    .finally(() => context.done());
};
