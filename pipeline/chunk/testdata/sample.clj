;; Copyright The Millers.
(ns mill.sluice
  "What a mill does."
  (:require [clojure.string :as str]))

(def stones 2)

(defonce ^:private state (atom {}))

(defprotocol Grinder
  (grind [this sack] "Grinds."))

(defrecord Sack [weight]
  Grinder
  (grind [this sack]
    weight))

;; Opens a gate.
(defn open-gate!
  "Opens."
  [gate & {:keys [slowly]}]
  (let [height (:height gate)]
    (when slowly
      (Thread/sleep height))
    (assoc gate :open true)))

(defn- ^:deprecated measure [gate]
  (count gate))

(defmacro watch [& body]
  `(do ~@body))

(defmethod print-method Sack [s w]
  (.write w "sack"))
