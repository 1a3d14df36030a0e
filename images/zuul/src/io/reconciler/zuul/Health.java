package io.reconciler.zuul;

import com.netflix.zuul.Filter;
import com.netflix.zuul.filters.FilterType;
import com.netflix.zuul.message.http.HttpRequestMessage;
import com.netflix.zuul.message.http.HttpResponseMessage;

/**
 * /healthcheck: 200 once there has been a list of servers, and from then on. Whether a web server is there is not asked:
 * a new edge would not bring one back.
 */
@Filter(order = 0, type = FilterType.ENDPOINT)
public final class Health extends OwnAnswer {
    static volatile Discovery discovery;

    @Override
    public HttpResponseMessage apply(HttpRequestMessage request) {
        boolean ready = discovery.listed();
        String text = ready
                ? "{\"status\":\"UP\"}\n"
                : "{\"status\":\"STARTING\",\"reason\":\"no list of servers from Eureka yet\"}\n";
        return Answers.json(request, ready ? 200 : 503, text);
    }
}
