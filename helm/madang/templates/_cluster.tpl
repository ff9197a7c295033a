{{/*
What the cluster lacks, seen when a release is made: without a cluster (helm template) nothing is known, and nothing said.
*/}}
{{- define "madang.isCluster" -}}
{{- /* Every cluster serves it, and Helm by itself does not know of it. */}}
{{- if .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1" }}yes{{ end -}}
{{- end -}}

{{/* Without these an installation would break off in the middle, with words of the API server. */}}
{{- define "madang.needed" -}}
{{- if include "madang.isCluster" . -}}
{{- $has := .Capabilities.APIVersions -}}
{{- if not ($has.Has "dapr.io/v1alpha1") }}{{ fail "This cluster has no Dapr: install it first (docs/operations/install-kubernetes.md), then Madang." }}{{ end -}}
{{- if and .Values.istio.enabled (not ($has.Has "networking.istio.io/v1")) }}{{ fail "istio.enabled is true, but this cluster has no Istio: install it, or leave istio.enabled false." }}{{ end -}}
{{- if and (or .Values.monitoring.serviceMonitors .Values.monitoring.rules) (not ($has.Has "monitoring.coreos.com/v1")) }}{{ fail "monitoring.serviceMonitors and monitoring.rules need the Prometheus operator, which this cluster does not have." }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Sentences, as a JSON list: what works without, but not as wished. */}}
{{- define "madang.missing" -}}
{{- $missing := list -}}
{{- if include "madang.isCluster" . -}}
{{- if not (.Capabilities.APIVersions.Has "metrics.k8s.io/v1beta1") -}}
{{- $missing = append $missing "metrics-server: services that scale by load stay at their fewest pods." -}}
{{- end -}}
{{- if .Values.istio.enabled -}}
{{- $labels := dig "metadata" "labels" dict (lookup "v1" "Namespace" "" .Release.Namespace) -}}
{{- if not (or (eq (get $labels "istio-injection") "enabled") (get $labels "istio.io/rev")) -}}
{{- $missing = append $missing (printf "The label istio-injection=enabled on namespace %s: pods made now have no proxy, and the ingress cannot speak to them. Set it, then restart the deployments." .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $missing | toJson -}}
{{- end -}}
