package io.reconciler.zuul;

import com.netflix.zuul.Filter;
import com.netflix.zuul.exception.ZuulException;
import com.netflix.zuul.filters.FilterType;
import com.netflix.zuul.message.http.HttpRequestMessage;
import com.netflix.zuul.message.http.HttpResponseMessage;

/** The answer to a request that is refused before any server is asked. */
@Filter(order = 0, type = FilterType.ENDPOINT)
public final class Refusal extends OwnAnswer {
    @Override
    public HttpResponseMessage apply(HttpRequestMessage request) {
        int status = request.getContext().getError() instanceof ZuulException known ? known.getStatusCode() : 500;
        return Answers.json(request, status, switch (status) {
            case 400 -> Answers.text("bad_request", "This is no request that can be passed on.");
            case 411 -> Answers.text("length_required", "A body needs a Content-Length.");
            case 413 -> Answers.text("too_large", "The request's body is larger than 1 MiB.");
            default -> Answers.text("edge_failed", "The edge could not handle this request; its log says why.");
        });
    }
}
